package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.server.TestClient.Infer;
import io.vertx.core.json.JsonObject;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A tensor that in the model has no dimension is [1] to whoever configures or calls it, as in
 * Triton, which knows no empty shape: what was written for one is served by the other.
 */
final class ScalarTensorTest {
  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private void serve(String model, String config) {
    fixture.repository().model(model, "backend: \"onnxruntime\" " + config);
    fixture.start();
    assertTrue(fixture.worker().ready(), () -> fixture.worker().failures().toString());
  }

  private static ModelInferRequest scaled(long... factorShape) {
    return Infer.of("scaled")
        .input("IN", "FP32", floats(1, 2, 3), 3)
        .input("FACTOR", "FP32", floats(2), factorShape)
        .build();
  }

  private static void assertOutput(
      ModelInferResponse response, int at, ByteString data, Long... shape) {
    assertEquals(data, response.getRawOutputContents(at));
    assertEquals(List.of(shape), response.getOutputs(at).getShapeList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "input [ { name: \"IN\" data_type: TYPE_FP32 dims: -1 },"
            + " { name: \"FACTOR\" data_type: TYPE_FP32 dims: 1 } ]"
            + " output [ { name: \"SCALED\" data_type: TYPE_FP32 dims: -1 },"
            + " { name: \"TOTAL\" data_type: TYPE_FP32 dims: 1 } ]",
        "input [ { name: \"IN\" data_type: TYPE_FP32 dims: -1 },"
            + " { name: \"FACTOR\" data_type: TYPE_FP32 } ]",
      })
  void isOneElementOutside(String config) {
    serve("scaled", config);
    ModelInferResponse response = fixture.client().infer(scaled(1)).ok();
    assertOutput(response, 0, floats(2, 4, 6), 3L);
    assertOutput(response, 1, floats(12), 1L);

    var refused = fixture.client().infer(scaled());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, refused.status());
    assertEquals(
        "unexpected shape for input 'FACTOR' for model 'scaled'. Expected [1], got [].",
        refused.text());
  }

  @Test
  void hasTheShapeThatItsConfigurationGives() {
    serve(
        "scaled",
        "input [ { name: \"IN\" data_type: TYPE_FP32 dims: -1 },"
            + " { name: \"FACTOR\" data_type: TYPE_FP32 dims: [ 1, 1 ] } ]");
    ModelInferResponse response = fixture.client().infer(scaled(1, 1)).ok();
    assertOutput(response, 0, floats(2, 4, 6), 3L);
  }

  @Test
  void isDescribedSo() {
    serve("scaled", "");
    TestHttp http = new TestHttp(fixture);
    JsonObject factor =
        http.get("/v2/models/scaled").json().getJsonArray("inputs").getJsonObject(1);
    assertEquals(List.of(1), factor.getJsonArray("shape").getList());
    JsonObject config = http.get("/v2/models/scaled/config").json();
    assertTrue(config.getJsonArray("input").encode().contains("FACTOR"), config.encode());
  }

  /** Beside the batch no dimension either: Triton's configuration reshapes [1] to []. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "input [ { name: \"IN\" data_type: TYPE_FP32 dims: -1 },"
            + " { name: \"BIAS\" data_type: TYPE_FP32 dims: 1 reshape { shape: [ ] } } ]"
            + " output { name: \"SUM\" data_type: TYPE_FP32 dims: 1 reshape { shape: [ ] } }",
      })
  void isOneElementOfEachRow(String config) {
    serve(
        "row_sums",
        "max_batch_size: 4 dynamic_batching { max_queue_delay_microseconds: 1 } "
            + config
            + " model_warmup { name: \"w\" batch_size: 2 inputs { key: \"IN\" value: { data_type:"
            + " TYPE_FP32 dims: 3 zero_data: true } } inputs { key: \"BIAS\" value: { data_type:"
            + " TYPE_FP32 dims: 1 zero_data: true } } }");
    ModelInferRequest request =
        Infer.of("row_sums")
            .input("IN", "FP32", floats(1, 2, 3, 4), 2, 2)
            .input("BIAS", "FP32", floats(10, 20), 2, 1)
            .build();
    assertOutput(fixture.client().infer(request).ok(), 0, floats(13, 27), 2L, 1L);

    String described = new TestHttp(fixture).get("/v2/models/row_sums/config").body().toString();
    assertTrue(described.contains("\"reshape\""), described);
  }

  @Test
  void whatHasDimensionsIsNotReshaped() {
    fixture
        .repository()
        .model(
            "scaled",
            "backend: \"onnxruntime\" input [ { name: \"IN\" data_type: TYPE_FP32 dims: 1"
                + " reshape { } }, { name: \"FACTOR\" data_type: TYPE_FP32 dims: 2 } ]");
    fixture.start();
    String why = fixture.worker().failures().toString();
    assertTrue(
        why.contains("input 'IN' has dims [1], reshaped to [], in config.pbtxt, but [-1]"), why);
    assertTrue(why.contains("input 'FACTOR' has dims [2] in config.pbtxt, but [] in"), why);
  }
}
