package io.trawl.workers.testkit.contract;

import static io.trawl.workers.testkit.contract.OipContract.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.trawl.workers.testkit.RawTensor;
import io.trawl.workers.testkit.contract.HttpCaller.Reply;
import io.trawl.workers.testkit.contract.OipSubject.Feature;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The HTTP twins say what gRPC says. */
interface HttpContract extends OipContract {

  JsonArray SUM = new JsonArray().add(11.0).add(22.0).add(33.0).add(44.0);

  @Test
  default void healthIsAStatus() {
    needsHttp();
    assertEquals(200, http().get("/v2/health/live").status());
    assertEquals(200, http().get("/v2/health/ready").status());
    assertEquals(200, http().get("/v2/models/add/ready").status());
    assertEquals(200, http().get("/v2/models/add/versions/1/ready").status());
    for (String path : List.of("/v2/models/nope/ready", "/v2/models/add/versions/7/ready")) {
      Reply notReady = http().get(path);
      assertEquals(400, notReady.status());
      assertSays("Model version not ready", notReady);
    }
  }

  @Test
  default void aPathOfAVersionThatIsNoNumberIsNone() {
    needsHttp();
    assertEquals(404, http().post("/v2/models/add/versions/1x/infer", sum()).status());
    assertEquals(404, http().get("/v2/models/add/versions/new").status());
    assertEquals(404, http().get("/v2/nothing").status());
    assertEquals(405, http().get("/v2/models/add/infer").status());
  }

  @Test
  default void metadataAndConfigurationAreJson() {
    needsHttp();
    assertTrue(http().get("/v2").json().getJsonArray("extensions").contains("binary_tensor_data"));
    for (String path : List.of("/v2/models/add", "/v2/models/add/versions/1")) {
      JsonObject model = http().get(path).json();
      assertEquals("add", model.getString("name"));
      assertEquals(new JsonArray().add("1"), model.getJsonArray("versions"));
      JsonObject input = model.getJsonArray("inputs").getJsonObject(0);
      assertEquals("A", input.getString("name"));
      assertEquals("FP32", input.getString("datatype"));
      assertEquals(new JsonArray().add(-1).add(4), input.getJsonArray("shape"));
    }
    JsonObject config = http().get("/v2/models/add/config").json();
    assertEquals(4, config.getInteger("max_batch_size"));
    assertEquals("TYPE_FP32", config.getJsonArray("input").getJsonObject(0).getString("data_type"));
  }

  @Test
  default void jsonIsAnsweredInJson() {
    needsHttp();
    for (String path : List.of("/v2/models/add/infer", "/v2/models/add/versions/1/infer")) {
      Reply reply = http().post(path, sum());
      assertEquals(200, reply.status(), () -> reply.body().toString());
      JsonObject answer = reply.json();
      assertEquals("q1", answer.getString("id"));
      assertEquals("add", answer.getString("model_name"));
      assertEquals("1", answer.getString("model_version"));
      assertEquals(1, answer.getJsonArray("outputs").size());
      JsonObject output = answer.getJsonArray("outputs").getJsonObject(0);
      assertEquals("SUM", output.getString("name"));
      assertEquals("FP32", output.getString("datatype"));
      assertEquals(new JsonArray().add(1).add(4), output.getJsonArray("shape"));
      assertEquals(SUM, output.getJsonArray("data"));
    }
  }

  @Test
  default void binaryTensorsGoBothWays() {
    needsHttp();
    JsonObject header = sum();
    header.remove("outputs");
    header.put("parameters", new JsonObject().put("binary_data_output", true));
    for (int i = 0; i < 2; i++) {
      JsonObject input = header.getJsonArray("inputs").getJsonObject(i);
      input.remove("data");
      input.put("parameters", new JsonObject().put("binary_data_size", 16));
    }
    List<Long> four = RawTensor.shape(1, 4);
    byte[] binary =
        RawTensor.fp32("A", four, 1, 2, 3, 4)
            .raw()
            .concat(RawTensor.fp32("B", four, 10, 20, 30, 40).raw())
            .toByteArray();

    Reply reply = http().post("/v2/models/add/infer", header, binary);

    assertEquals(200, reply.status(), () -> reply.body().toString());
    JsonObject second = reply.header().getJsonArray("outputs").getJsonObject(1);
    assertEquals("DIFFERENCE", second.getString("name"));
    assertEquals(16, second.getJsonObject("parameters").getInteger("binary_data_size"));
    assertEquals(
        Buffer.buffer(
            RawTensor.fp32("SUM", four, 11, 22, 33, 44)
                .raw()
                .concat(RawTensor.fp32("DIFFERENCE", four, -9, -18, -27, -36).raw())
                .toByteArray()),
        reply.binary());
  }

  @Test
  default void jsonInAndOneBinaryTensorOut() {
    needsHttp();
    JsonObject request = sum();
    request
        .getJsonArray("outputs")
        .getJsonObject(0)
        .put("parameters", new JsonObject().put("binary_data", true));
    Reply reply = http().post("/v2/models/add/infer", request);
    assertEquals(
        Buffer.buffer(
            RawTensor.fp32("SUM", RawTensor.shape(1, 4), 11, 22, 33, 44).raw().toByteArray()),
        reply.binary());
  }

  @Test
  default void errorsAreJsonWithTheWordsOfGrpc() {
    needsHttp();
    Reply unknown = http().post("/v2/models/nope/infer", sum());
    assertTrue(unknown.status() == 404 || unknown.status() == 400, "" + unknown.status());
    assertSays("Request for unknown model: 'nope' is not found", unknown);

    JsonObject one = sum();
    one.getJsonArray("inputs").remove(1);
    assertInvalid("expected 2 inputs but got 1 inputs for model 'add'", one);

    JsonObject shape = sum();
    shape.getJsonArray("inputs").getJsonObject(1).put("shape", new JsonArray().add(1).add(3));
    shape.getJsonArray("inputs").getJsonObject(1).getJsonArray("data").remove(3);
    assertInvalid("unexpected shape for input 'B' for model 'add'", shape);

    // What is no request at all is the caller's fault here, and an internal error in Triton.
    int noRequest = http().post("/v2/models/add/infer", new JsonObject().put("inputs", 3)).status();
    assertTrue(noRequest == 400 || noRequest == 500, "" + noRequest);
    assertEquals(200, http().post("/v2/models/add/infer", sum()).status());
  }

  @Test
  default void statisticsAreJson() {
    needsHttp();
    needs(Feature.STATISTICS);
    http().post("/v2/models/add/infer", sum());
    // Counted after the answer has left, and so between two questions.
    OipContract.eventually(
        "both ports count alike",
        () ->
            statistics("add").getInferenceCount() > 0
                && statistics("add").getInferenceCount() == stats().getLong("inference_count"));
    assertEquals("add", stats().getString("name"));
    assertTrue(stats().getJsonObject("inference_stats").getJsonObject("success").getLong("ns") > 0);
  }

  private JsonObject stats() {
    return http().get("/v2/models/add/stats").json().getJsonArray("model_stats").getJsonObject(0);
  }

  @Test
  default void modelsAreListedLoadedAndUnloaded() {
    needsHttp();
    needs(Feature.REPOSITORY);
    assertTrue(indexNames().contains("spare"));
    assertEquals(200, http().post("/v2/repository/models/spare/unload", new JsonObject()).status());
    eventually("'spare' is unavailable", () -> state("spare").equals("UNAVAILABLE"));
    assertFalse(http().get("/v2/models/spare/ready").status() == 200);
    assertEquals(200, http().post("/v2/repository/models/spare/load", new JsonObject()).status());
    eventually("'spare' is ready", () -> modelReady("spare"));
    Reply unknown = http().post("/v2/repository/models/nope/load", new JsonObject());
    assertTrue(unknown.status() >= 400, "" + unknown.status());
    assertSays("nope", unknown);
  }

  private List<String> indexNames() {
    Reply reply = http().post("/v2/repository/index", new JsonObject());
    return new JsonArray(reply.body())
        .stream().map(entry -> ((JsonObject) entry).getString("name")).toList();
  }

  @Test
  default void metricsBearTritonsNames() {
    OptionalInt port = subject().metricsPort();
    assumeTrue(port.isPresent(), "the server has no metrics");
    grpc().infer(OipContract.rows("identity_fp32", 1).build()).ok();
    String page = http().get(port.getAsInt(), "/metrics").body().toString();
    for (String name :
        List.of(
            "request_success",
            "count",
            "exec_count",
            "request_duration_us",
            "queue_duration_us",
            "compute_input_duration_us",
            "compute_infer_duration_us",
            "compute_output_duration_us",
            "pending_request_count")) {
      assertTrue(
          page.contains("nv_inference_" + name + "{model=\"identity_fp32\",version=\"1\""),
          () -> "nv_inference_" + name + " is not in\n" + page);
    }
  }

  @Test
  default void failuresAreCountedByReason() {
    OptionalInt port = subject().metricsPort();
    assumeTrue(port.isPresent(), "the server has no metrics");
    String page = http().get(port.getAsInt(), "/metrics").body().toString();
    for (String reason : List.of("REJECTED", "CANCELED", "BACKEND", "OTHER")) {
      assertTrue(
          page.lines()
              .anyMatch(
                  line ->
                      line.startsWith("nv_inference_request_failure{")
                          && line.contains("model=\"identity_fp32\"")
                          && line.contains("reason=\"" + reason + "\"")),
          () -> reason + " is not in\n" + page);
    }
  }

  private void assertInvalid(String words, JsonObject request) {
    Reply reply = http().post("/v2/models/add/infer", request);
    assertEquals(400, reply.status());
    assertSays(words, reply);
  }

  private static void assertSays(String words, Reply reply) {
    assertTrue(
        reply.error().contains(words),
        () -> "'" + words + "' (expected) is not in '" + reply.error() + "'");
  }

  private static JsonObject sum() {
    return new JsonObject(
        """
        { "id": "q1",
          "inputs": [
            { "name": "A", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4] },
            { "name": "B", "datatype": "FP32", "shape": [1, 4], "data": [10, 20, 30, 40] } ],
          "outputs": [ { "name": "SUM" } ] }
        """);
  }
}
