package io.trawl.workers.testkit.contract;

import static io.trawl.workers.testkit.attack.ServerUnderFire.post;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.testkit.attack.Attack;
import io.trawl.workers.testkit.attack.Damage;
import io.trawl.workers.testkit.attack.Floods;
import io.trawl.workers.testkit.attack.Http2Bytes;
import io.trawl.workers.testkit.attack.IdleCrowd;
import io.trawl.workers.testkit.attack.ServerUnderFire;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;

/**
 * Whatever comes in on the two ports of a server is answered with a type or cut off, and then the
 * server is as before. {@code -Dfuzz.tries=100000} tries longer; a failing try prints its seed,
 * which {@code Property(seed = "…")} runs again.
 */
public abstract class FuzzContract<S extends ServerUnderFire> {

  protected final S server;

  protected FuzzContract(S server) {
    this.server = server;
  }

  /** Bytes near to a request of HTTP/1.1, or far from one. */
  protected abstract byte[] http1Bytes(Random random);

  @AfterProperty
  public void calm() {
    try (server) {
      if (!server.failed()) {
        server.assertCalm();
      }
    }
  }

  @Property
  public void bytesOnHttp(@ForAll("http1") Attack attack) {
    server.typedHttp1(attack.bytes());
  }

  @Provide
  public Arbitrary<Attack> http1() {
    return attacks(this::http1Bytes);
  }

  @Property
  public void jsonOnEveryPath(@ForAll("json") Attack attack) {
    server.answeredHttp1(attack.bytes());
  }

  @Provide
  public Arbitrary<Attack> json() {
    return attacks(
        random -> {
          var path = aPath(random);
          return post(path, Damage.json(random, server.goodBody(path)));
        });
  }

  @Property
  public void bytesOnGrpc(@ForAll("http2") Attack attack) {
    server.typedHttp2(server.grpcPort(), attack.bytes());
  }

  @Property
  public void http2OnHttp(@ForAll("http2") Attack attack) {
    server.typedHttp2(server.httpPort(), attack.bytes());
  }

  @Provide
  public Arbitrary<Attack> http2() {
    return attacks(
        random -> {
          var rpc = pick(random, server.rpcs());
          var message = server.goodMessage(rpc);
          var good = server.session(rpc, Http2Bytes.message(message));
          return switch (random.nextInt(5)) {
            case 0 -> Damage.noise(random, 4000);
            case 1 -> Damage.bytes(random, good);
            default ->
                Http2Bytes.join(
                    Http2Bytes.preface(), Damage.frames(random, server.path(rpc), message));
          };
        });
  }

  @Property
  public void messagesOfEveryCall(@ForAll("messages") Attack attack) {
    server.answeredGrpc(attack.bytes());
  }

  @Provide
  public Arbitrary<Attack> messages() {
    return attacks(
        random -> {
          var rpc = pick(random, server.rpcs());
          var good = server.goodMessage(rpc);
          return server.session(
              rpc,
              switch (random.nextInt(4)) {
                case 0 -> Damage.grpcFraming(random, good);
                case 1 -> Http2Bytes.message(Damage.noise(random, 5000));
                default -> Http2Bytes.message(Damage.protobuf(random, good));
              });
        });
  }

  @Example
  public void floods() {
    var rpc = server.mainRpc();
    for (int port : List.of(server.grpcPort(), server.httpPort())) {
      Floods.over(server.path(rpc), server.goodMessage(rpc))
          .values()
          .forEach(session -> server.typedHttp2(port, session));
    }
  }

  /** What a connection takes of the heap, both its ends and their watched buffers counted. */
  @Example
  public void thousandsOfIdleConnections() {
    long before = IdleCrowd.heapBytes();
    try (var crowd = IdleCrowd.connect(server.httpPort(), 2_000);
        var second = IdleCrowd.connect(server.grpcPort(), 2_000)) {
      server.assertCalm();
      long each = (IdleCrowd.heapBytes() - before) / (crowd.size() + second.size());
      assertTrue(each < 64 << 10, each + " bytes for each of " + crowd.size());
    }
  }

  @Example
  public void callersThatLeaveWithoutAWord() {
    var rpc = server.mainRpc();
    var call = server.session(rpc, Http2Bytes.message(server.goodMessage(rpc)));
    for (int i = 0; i < 500; i++) {
      server.connect(server.grpcPort()).send(call).abort();
      server.connect(server.httpPort()).send(post(server.mainPath(), new byte[i])).abort();
    }
  }

  /** The same attacks in every build; {@code -Dfuzz.seed=…} tries others. */
  protected static Arbitrary<Attack> attacks(Function<Random, byte[]> bytes) {
    var chance = new Random(Long.getLong("fuzz.seed", 20_261_122L));
    return Arbitraries.randomValue(_ -> new Attack(bytes.apply(chance)));
  }

  protected String aPath(Random random) {
    return pick(random, List.copyOf(server.posts().keySet()));
  }

  protected static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
