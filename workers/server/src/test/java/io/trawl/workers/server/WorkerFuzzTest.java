package io.trawl.workers.server;

import static io.trawl.workers.server.WorkerUnderFire.POSTS;
import static io.trawl.workers.server.WorkerUnderFire.RPCS;
import static io.trawl.workers.server.WorkerUnderFire.goodBody;
import static io.trawl.workers.server.WorkerUnderFire.goodMessage;
import static io.trawl.workers.server.WorkerUnderFire.path;
import static io.trawl.workers.server.WorkerUnderFire.post;
import static io.trawl.workers.server.WorkerUnderFire.session;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.testkit.Attack;
import io.trawl.workers.testkit.Damage;
import io.trawl.workers.testkit.Floods;
import io.trawl.workers.testkit.Http2Bytes;
import io.trawl.workers.testkit.IdleCrowd;
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
 * Whatever comes in on the two ports is answered with a type or cut off, and then the worker is as
 * before. {@code -Dfuzz.tries=100000} tries longer; a failing try prints its seed, which {@code
 * Property(seed = "…")} runs again.
 */
class WorkerFuzzTest {

  private final WorkerUnderFire worker = new WorkerUnderFire();

  @AfterProperty
  void calm() {
    try (worker) {
      if (!worker.failed()) {
        worker.assertCalm();
      }
    }
  }

  @Property
  void bytesOnHttp(@ForAll("http1") Attack attack) {
    worker.typed(worker.httpPort(), attack.bytes());
  }

  @Provide
  Arbitrary<Attack> http1() {
    return attacks(
        random -> {
          var path = pick(random, List.copyOf(POSTS.keySet()));
          var good = post(path, goodBody(path).getBytes(UTF_8));
          return switch (random.nextInt(4)) {
            case 0 -> Damage.noise(random, 4000);
            case 1 -> Damage.bytes(random, Http2Bytes.join(good, good, good));
            default -> Damage.bytes(random, good);
          };
        });
  }

  @Property
  void jsonOnEveryPath(@ForAll("json") Attack attack) {
    worker.answeredHttp1(attack.bytes());
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
  void binaryTensorsOnHttp(@ForAll("binary") Attack attack) {
    worker.answeredHttp1(attack.bytes());
  }

  @Provide
  Arbitrary<Attack> binary() {
    return attacks(
        random -> {
          var json =
              random.nextInt(3) == 0
                  ? Damage.json(random, WorkerUnderFire.RAW_SUM)
                  : WorkerUnderFire.RAW_SUM
                      .replace("16", "" + (random.nextBoolean() ? 16 : Damage.number(random)))
                      .replace("[1,4]", "[" + Damage.number(random) + ",4]")
                      .getBytes(UTF_8);
          long length = random.nextInt(3) == 0 ? Damage.number(random) : json.length;
          return post(
              "/v2/models/add/infer",
              Http2Bytes.join(json, new byte[random.nextInt(64)]),
              "Inference-Header-Content-Length: " + length + "\r\n");
        });
  }

  @Property
  void bytesOnGrpc(@ForAll("http2") Attack attack) {
    worker.typed(worker.grpcPort(), attack.bytes());
  }

  @Property
  void http2OnHttp(@ForAll("http2") Attack attack) {
    worker.typed(worker.httpPort(), attack.bytes());
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
                    Http2Bytes.preface(), Damage.frames(random, path(rpc), goodMessage(rpc)));
          };
        });
  }

  @Property
  void messagesOfEveryCall(@ForAll("messages") Attack attack) {
    worker.answeredGrpc(attack.bytes());
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

  @Property
  void tensors(@ForAll("tensorMessages") Attack attack) {
    worker.answeredGrpc(attack.bytes());
  }

  @Provide
  Arbitrary<Attack> tensorMessages() {
    return attacks(
        random -> {
          var rpc = random.nextBoolean() ? "ModelInfer" : "ModelStreamInfer";
          return session(rpc, Http2Bytes.message(tensors(random).toByteArray()));
        });
  }

  /** Shapes, datatypes, names and sizes that contradict one another. */
  private static ModelInferRequest tensors(Random random) {
    var request = random.nextBoolean() ? WorkerUnderFire.sum() : WorkerUnderFire.texts();
    for (int lies = 1 + random.nextInt(3); lies > 0; lies--) {
      int at = random.nextInt(request.getInputsCount());
      var input = request.getInputsBuilder(at);
      switch (random.nextInt(8)) {
        case 0 -> input.addShape(Damage.number(random));
        case 1 -> input.setShape(0, Damage.number(random));
        case 2 -> input.clearShape().addShape(1L << 32).addShape(1L << 32).addShape(4);
        case 3 ->
            input.setDatatype(
                pick(random, List.of("FP16", "BYTES", "INT64", "BOOL", "", "FP32 ", "STRING")));
        case 4 -> request.addRawInputContents(ByteString.copyFrom(Damage.noise(random, 40)));
        case 5 -> input.getContentsBuilder().addFp32Contents(1).addInt64Contents(3);
        case 6 -> input.setName(pick(random, List.of("A", "B", "IN", "", "SUM")));
        default -> {
          if (request.getRawInputContentsCount() > at) {
            request.setRawInputContents(at, raw(random, request.getRawInputContents(at)));
          }
        }
      }
    }
    return request.build();
  }

  private static ByteString raw(Random random, ByteString good) {
    return switch (random.nextInt(3)) {
      case 0 -> ByteString.copyFrom(Damage.bytes(random, good.toByteArray()));
      case 1 -> ByteString.copyFrom(new byte[] {-1, -1, -1, 127, 'a', -1, -1, -1, -1});
      default -> ByteString.copyFrom(Damage.noise(random, 64));
    };
  }

  @Example
  void floods() {
    for (int port : List.of(worker.grpcPort(), worker.httpPort())) {
      Floods.over(path("ModelInfer"), goodMessage("ModelInfer"))
          .values()
          .forEach(session -> worker.typed(port, session));
    }
  }

  /** What a connection takes of the heap, both its ends and their watched buffers counted. */
  @Example
  void thousandsOfIdleConnections() {
    long before = IdleCrowd.heapBytes();
    try (var crowd = IdleCrowd.connect(worker.httpPort(), 2_000);
        var second = IdleCrowd.connect(worker.grpcPort(), 2_000)) {
      worker.assertCalm();
      long each = (IdleCrowd.heapBytes() - before) / (crowd.size() + second.size());
      assertTrue(each < 64 << 10, each + " bytes for each of " + crowd.size());
    }
  }

  @Example
  void callersThatLeaveWithoutAWord() {
    var call = session("ModelInfer", Http2Bytes.message(goodMessage("ModelInfer")));
    for (int i = 0; i < 500; i++) {
      worker.connect(worker.grpcPort()).send(call).abort();
      worker.connect(worker.httpPort()).send(post("/v2/models/add/infer", new byte[i])).abort();
    }
  }

  /** The same attacks in every build; {@code -Dfuzz.seed=…} tries others. */
  private static Arbitrary<Attack> attacks(Function<Random, byte[]> bytes) {
    var chance = new Random(Long.getLong("fuzz.seed", 20_261_122L));
    return Arbitraries.randomValue(_ -> new Attack(bytes.apply(chance)));
  }

  private static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
