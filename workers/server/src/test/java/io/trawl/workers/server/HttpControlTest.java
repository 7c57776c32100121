package io.trawl.workers.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.server.TestHttp.Reply;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Model repository control over HTTP says and does what it does over gRPC. */
final class HttpControlTest {
  private static final String LOAD = "/v2/repository/models/add/load";
  private static final String INFER =
      """
      { "inputs": [
          { "name": "A", "datatype": "FP32", "shape": [1, 4], "data": [1, 1, 1, 1] },
          { "name": "B", "datatype": "FP32", "shape": [1, 4], "data": [2, 2, 2, 2] } ] }
      """;

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private final TestHttp http = new TestHttp(fixture);

  private void serve() {
    fixture.repository().model("add", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.start(options -> WorkerFixture.withOverrides(options.withLoadModels(List.of("add"))));
  }

  private JsonArray index(String body) {
    return http.post("/v2/repository/index", body).array();
  }

  private static String parameters(JsonObject parameters) {
    return new JsonObject().put("parameters", parameters).encode();
  }

  @Test
  void modelsComeAndGo() {
    serve();
    fixture.repository().config("other", "nonsense");
    assertEquals(
        "[{\"name\":\"add\",\"version\":\"1\",\"state\":\"READY\"},{\"name\":\"other\"}]",
        index("").encode());
    assertEquals(1, index("{\"ready\": true}").size());
    Reply unloaded =
        http.post(
            "/v2/repository/models/add/unload",
            parameters(new JsonObject().put("unload_dependents", true)));
    assertEquals(200, unloaded.status());
    Reply gone = http.post("/v2/models/add/infer", INFER);
    assertEquals(404, gone.status());
    assertEquals("Request for unknown model: 'add' has no available versions", gone.error());
    assertEquals(400, http.get("/v2/models/add/ready").status());
    assertEquals(200, http.get("/v2/health/ready").status());
    assertEquals(200, http.post(LOAD, "").status());
    assertEquals(200, http.post("/v2/models/add/versions/1/infer", INFER).status());
    Reply broken = http.post("/v2/repository/models/other/load", "{}");
    assertEquals(400, broken.status());
    assertTrue(
        broken.error().startsWith("failed to load 'other', failed to poll from model repository"),
        broken.error());
  }

  /** What a worker says of a model's configuration is itself a configuration to load. */
  @Test
  void aConfigurationComesBackChanged() {
    serve();
    JsonObject config = http.get("/v2/models/add/config").json().put("max_batch_size", 3);
    Reply loaded = http.post(LOAD, parameters(new JsonObject().put("config", config.encode())));
    assertEquals(200, loaded.status(), loaded.body().toString());
    assertEquals(3, http.get("/v2/models/add/config").json().getInteger("max_batch_size"));
  }

  @Test
  void filesComeInBase64() throws IOException {
    serve();
    byte[] file = Files.readAllBytes(fixture.repository().root().resolve("add/1/model.onnx"));
    JsonObject sent =
        new JsonObject()
            .put("config", "{\"backend\": \"onnxruntime\", \"max_batch_size\": 1}")
            .put("file:3/model.onnx", Base64.getEncoder().encodeToString(file));
    assertEquals(200, http.post(LOAD, parameters(sent)).status());
    assertEquals("3", http.post("/v2/models/add/infer", INFER).json().getString("model_version"));
    Reply refused = http.post(LOAD, parameters(sent.put("file:3/model.onnx", "#")));
    assertEquals(400, refused.status());
    assertTrue(
        refused.error().startsWith("parameter 'file:3/model.onnx' is not base64"), refused.error());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{ | failed to parse the request JSON buffer",
        "{\"parameters\": 3} | 'parameters' is '3', expected an object",
        "{\"parameters\": {\"config\": [1]}} | parameter 'config' is '[1]', expected text",
        "{\"parameters\": {\"config\": true}} | invalid value type for 'config' parameter",
        "{\"parameters\": {\"file:x\": \"\"}} | \"file:x\" is not of the form",
        "{\"parameters\": {\"colour\": \"red\"}} | load parameter \"colour\" is not known",
        "{\"parameters\": {\"config\": \"{}\", \"file:1/LONG\": \"\"}} | is not of the form",
      })
  void badCallsAreTyped(String body, String expected) {
    serve();
    Reply refused = http.post(LOAD, body.replace("LONG", "x".repeat(256)));
    assertEquals(400, refused.status());
    assertTrue(refused.error().contains(expected), refused.error());
  }

  /** Paths are made of it: a name that is none must not come so far. */
  @ParameterizedTest
  @ValueSource(strings = {"%00", "a%00b", "a%0Ab", "a%0D%0Ab", "%7F", "%C2%85", "LONG"})
  void aNameThatNoFolderCanHaveIsRefused(String name) {
    serve();
    String model = name.replace("LONG", "x".repeat(300));
    for (String call : List.of("load", "unload")) {
      Reply refused = http.post("/v2/repository/models/" + model + "/" + call, "");
      assertEquals(400, refused.status(), refused.error());
      assertTrue(refused.error().contains("is not the name of a folder"), refused.error());
      assertFalse(refused.error().contains("\n"), refused.error());
    }
    assertEquals(404, http.post("/v2/models/" + model + "/infer", INFER).status());
  }

  @Test
  void aFileNameThatIsNoneIsRefused() {
    serve();
    for (String file : List.of("a\0b", "a\nb", "a/b", "..", "x".repeat(300))) {
      String config =
          new JsonObject()
              .put("backend", "onnxruntime")
              .put("default_model_filename", file)
              .encode();
      Reply refused = http.post(LOAD, parameters(new JsonObject().put("config", config)));
      assertEquals(400, refused.status());
      assertTrue(refused.error().contains("default_model_filename is"), refused.error());
    }
  }

  @Test
  void otherMistakesAreTypedToo() {
    serve();
    assertEquals(405, http.get("/v2/repository/index").status());
    assertEquals(405, http.get(LOAD).status());
    assertEquals(400, http.post("/v2/repository/index", "{\"ready\": 1}").status());
    assertEquals(400, http.post("/v2/repository/models/..%2Fadd/load", "").status());
    Reply large = http.call(HttpMethod.POST, LOAD, Buffer.buffer(new byte[(64 << 20) + 1]), null);
    assertEquals(413, large.status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v2/systemsharedmemory/status",
        "/v2/cudasharedmemory/region/r/register",
        "/v2/trace/setting",
        "/v2/models/add/trace/setting",
        "/v2/logging",
        "/v2/models/add/generate",
      })
  void whatIsNotServedIsSaid(String path) {
    serve();
    Reply refused = http.get(path);
    assertEquals(501, refused.status());
    assertEquals(path + " is not served by this worker", refused.error());
  }
}
