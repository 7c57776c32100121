package io.trawl.api;

import static io.trawl.api.GatewayUnderFire.POSTS;
import static io.trawl.api.GatewayUnderFire.RPCS;
import static io.trawl.api.GatewayUnderFire.goodBody;
import static io.trawl.api.GatewayUnderFire.goodMessage;
import static io.trawl.api.GatewayUnderFire.post;
import static io.trawl.api.GatewayUnderFire.session;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.testkit.Attack;
import io.trawl.workers.testkit.Damage;
import io.trawl.workers.testkit.Floods;
import io.trawl.workers.testkit.Http2Bytes;
import io.trawl.workers.testkit.IdleCrowd;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;

/**
 * Whatever comes in on the two ports is answered with a type or cut off, and then the gateway is as
 * before. {@code -Dfuzz.tries=100000} tries longer; a failing try prints its seed, which {@code
 * Property(seed = "…")} runs again.
 */
class GatewayFuzzTest {

  private final GatewayUnderFire gateway = new GatewayUnderFire();

  @AfterProperty
  void calm() {
    try (gateway) {
      if (!gateway.failed()) {
        gateway.assertCalm();
      }
    }
  }

  @Property
  void bytesOnHttp(@ForAll("http1") Attack attack) {
    gateway.typedHttp1(attack.bytes());
  }

  @Provide
  Arbitrary<Attack> http1() {
    return attacks(
        random -> {
          var path = pick(random, List.copyOf(POSTS.keySet()));
          var good = post(path, goodBody(path).getBytes(UTF_8));
          return switch (random.nextInt(6)) {
            case 0 -> Damage.noise(random, 4000);
            case 1 -> Damage.bytes(random, Http2Bytes.join(good, good, good));
            case 2 -> Damage.bytes(random, chunked(random, path));
            case 3 ->
                Damage.bytes(
                    random,
                    ("GET /v1/items/"
                            + "%41".repeat(random.nextInt(3000))
                            + " HTTP/1.1\r\n"
                            + ("x: " + "y".repeat(random.nextInt(500)) + "\r\n")
                                .repeat(random.nextInt(20))
                            + "\r\n")
                        .getBytes(UTF_8));
            default -> Damage.bytes(random, good);
          };
        });
  }

  private static byte[] chunked(Random random, String path) {
    var body = goodBody(path);
    return ("POST "
            + path
            + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            + (random.nextBoolean() ? "expect: 100-continue\r\n" : "")
            + "transfer-encoding: chunked\r\n\r\n"
            + Integer.toHexString(body.length())
            + "\r\n"
            + body
            + "\r\n0\r\n\r\n")
        .getBytes(UTF_8);
  }

  @Property
  void jsonOnEveryPath(@ForAll("json") Attack attack) {
    gateway.answeredHttp1(attack.bytes());
  }

  @Provide
  Arbitrary<Attack> json() {
    return attacks(
        random -> {
          var path = pick(random, List.copyOf(POSTS.keySet()));
          return post(path, Damage.json(random, goodBody(path)));
        });
  }

  @Property
  void bytesOnGrpc(@ForAll("http2") Attack attack) {
    gateway.typedHttp2(gateway.grpcPort(), attack.bytes());
  }

  @Property
  void http2OnHttp(@ForAll("http2") Attack attack) {
    gateway.typedHttp2(gateway.httpPort(), attack.bytes());
  }

  @Provide
  Arbitrary<Attack> http2() {
    return attacks(
        random -> {
          var rpc = pick(random, RPCS);
          var good = session(rpc, Http2Bytes.message(goodMessage(rpc)));
          return switch (random.nextInt(5)) {
            case 0 -> Damage.noise(random, 4000);
            case 1 -> Damage.bytes(random, good);
            default ->
                Http2Bytes.join(
                    Http2Bytes.preface(),
                    Damage.frames(random, "/trawl.v1.Retrieval/" + rpc, goodMessage(rpc)));
          };
        });
  }

  @Property
  void messagesOfEveryCall(@ForAll("messages") Attack attack) {
    gateway.answeredGrpc(attack.bytes());
  }

  @Provide
  Arbitrary<Attack> messages() {
    return attacks(
        random -> {
          var rpc = pick(random, RPCS);
          var good = goodMessage(rpc);
          return session(
              rpc,
              switch (random.nextInt(4)) {
                case 0 -> Damage.grpcFraming(random, good);
                case 1 -> Http2Bytes.message(Damage.noise(random, 5000));
                default -> Http2Bytes.message(Damage.protobuf(random, good));
              });
        });
  }

  @Example
  void floods() {
    for (int port : List.of(gateway.grpcPort(), gateway.httpPort())) {
      Floods.over("/trawl.v1.Retrieval/Retrieve", goodMessage("Retrieve"))
          .values()
          .forEach(session -> gateway.typedHttp2(port, session));
    }
  }

  /** What a connection takes of the heap, both its ends and their watched buffers counted. */
  @Example
  void thousandsOfIdleConnections() {
    long before = IdleCrowd.heapBytes();
    try (var crowd = IdleCrowd.connect(gateway.httpPort(), 2_000);
        var second = IdleCrowd.connect(gateway.grpcPort(), 2_000)) {
      gateway.assertCalm();
      long each = (IdleCrowd.heapBytes() - before) / (crowd.size() + second.size());
      assertTrue(each < 64 << 10, each + " bytes for each of " + crowd.size());
    }
  }

  @Example
  void slowBodies() {
    try (var impatient = new GatewayUnderFire(Duration.ofMillis(50))) {
      for (var path : POSTS.keySet()) {
        var whole = post(path, goodBody(path).getBytes(UTF_8));
        assertEquals(408, impatient.answeredHttp1(Arrays.copyOf(whole, whole.length - 20)));
      }
      var call = session("Retrieve", Http2Bytes.message(goodMessage("Retrieve")));
      var unfinished = Arrays.copyOf(call, call.length - 20);
      assertEquals("4", impatient.answeredGrpc(unfinished).field("grpc-status"));
      impatient.assertCalm();
    }
  }

  @Example
  void callersThatLeaveWithoutAWord() {
    var call = session("Retrieve", Http2Bytes.message(goodMessage("Retrieve")));
    for (int i = 0; i < 500; i++) {
      gateway.connect(gateway.grpcPort()).send(call).abort();
      gateway.connect(gateway.httpPort()).send(post("/v1/retrieve", new byte[i])).abort();
    }
  }

  /** The same attacks in every build; {@code -Dfuzz.seed=…} tries others. */
  private static Arbitrary<Attack> attacks(java.util.function.Function<Random, byte[]> bytes) {
    var chance = new Random(Long.getLong("fuzz.seed", 20_261_122L));
    return Arbitraries.randomValue(_ -> new Attack(bytes.apply(chance)));
  }

  private static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
