package io.trawl.workers.server;

import static io.trawl.workers.testkit.attack.ServerUnderFire.post;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.testkit.attack.Attack;
import io.trawl.workers.testkit.attack.Damage;
import io.trawl.workers.testkit.attack.Http2Bytes;
import io.trawl.workers.testkit.contract.FuzzContract;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class WorkerFuzzTest extends FuzzContract<WorkerUnderFire> {

  WorkerFuzzTest() {
    super(new WorkerUnderFire());
  }

  @Override
  protected byte[] http1Bytes(Random random) {
    var path = aPath(random);
    var good = post(path, server.goodBody(path).getBytes(UTF_8));
    return switch (random.nextInt(4)) {
      case 0 -> Damage.noise(random, 4000);
      case 1 -> Damage.bytes(random, Http2Bytes.join(good, good, good));
      default -> Damage.bytes(random, good);
    };
  }

  @Property
  void binaryTensorsOnHttp(@ForAll("binary") Attack attack) {
    server.answeredHttp1(attack.bytes());
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
  void tensors(@ForAll("tensorMessages") Attack attack) {
    server.answeredGrpc(attack.bytes());
  }

  @Provide
  Arbitrary<Attack> tensorMessages() {
    return attacks(
        random -> {
          var rpc = random.nextBoolean() ? "ModelInfer" : "ModelStreamInfer";
          return server.session(rpc, Http2Bytes.message(tensors(random).toByteArray()));
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
}
