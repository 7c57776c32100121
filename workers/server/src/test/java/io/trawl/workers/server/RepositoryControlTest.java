package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;
import static io.trawl.workers.server.TestClient.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelRepositoryParameter;
import io.trawl.workers.protocol.RepositoryIndexRequest;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.protocol.RepositoryModelLoadResponse;
import io.trawl.workers.protocol.RepositoryModelUnloadRequest;
import io.trawl.workers.protocol.RepositoryModelUnloadResponse;
import io.trawl.workers.server.TestClient.Infer;
import io.trawl.workers.server.TestClient.Reply;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Models come and go by calls. What is at stake: a model that cannot be loaded changes nothing for
 * anybody but itself, and the index says why it does not answer.
 */
final class RepositoryControlTest {
  private static final String ADD = "backend: \"onnxruntime\" max_batch_size: 4";
  private static final String ADD_JSON = "{\"backend\": \"onnxruntime\", \"max_batch_size\": 2}";

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private void startWith(String... models) {
    fixture.start(options -> WorkerFixture.withOverrides(options.withLoadModels(List.of(models))));
  }

  private Reply<RepositoryModelLoadResponse> load(String model) {
    return load(model, Map.of());
  }

  private Reply<RepositoryModelLoadResponse> load(
      String model, Map<String, ModelRepositoryParameter> parameters) {
    return fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.RepositoryModelLoad,
            RepositoryModelLoadRequest.newBuilder()
                .setModelName(model)
                .putAllParameters(parameters)
                .build());
  }

  private Reply<RepositoryModelUnloadResponse> unload(String model) {
    return fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.RepositoryModelUnload,
            RepositoryModelUnloadRequest.newBuilder()
                .setModelName(model)
                .putParameters(
                    "unload_dependents",
                    ModelRepositoryParameter.newBuilder().setBoolParam(true).build())
                .build());
  }

  private static ModelRepositoryParameter text(String value) {
    return ModelRepositoryParameter.newBuilder().setStringParam(value).build();
  }

  /** The index as lines "name/version state reason". */
  private List<String> index(boolean ready) {
    return fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.RepositoryIndex,
            RepositoryIndexRequest.newBuilder().setReady(ready).build())
        .ok()
        .getModelsList()
        .stream()
        .map(
            model ->
                "%s/%s %s %s"
                    .formatted(
                        model.getName(), model.getVersion(), model.getState(), model.getReason())
                    .strip())
        .toList();
  }

  private boolean ready(String model) {
    return fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.ModelReady,
            ModelReadyRequest.newBuilder().setName(model).build())
        .ok()
        .getReady();
  }

  private Reply<ModelInferResponse> add(String model) {
    return fixture
        .client()
        .infer(
            Infer.of(model)
                .input("A", "FP32", floats(1, 1, 1, 1), 1, 4)
                .input("B", "FP32", floats(2, 2, 2, 2), 1, 4)
                .build());
  }

  private static void assertEnds(GrpcStatus status, String text, Reply<?> reply) {
    assertEquals(status, reply.status(), reply.text());
    assertTrue(reply.text().contains(text), reply.text());
  }

  @Test
  void theIndexKnowsEveryModelOfTheFolder() {
    fixture
        .repository()
        .model("add", ADD)
        .model("matmul", ADD)
        .config("nonsense", "max_batch: 3")
        .config("unopenable", ADD)
        .text("unopenable/1/model.onnx", "not a model");
    startWith("add", "nonsense", "unopenable");
    List<String> index = index(false);
    assertEquals(List.of("add/1 READY", "matmul/"), index.subList(0, 2));
    assertTrue(index.get(2).startsWith("nonsense/ UNAVAILABLE"), index.get(2));
    assertTrue(index.get(2).contains("field 'max_batch'"), index.get(2));
    assertTrue(index.get(3).startsWith("unopenable/1 UNAVAILABLE ONNX Runtime"), index.get(3));
    assertEquals(4, index.size());
    assertEquals(List.of("add/1 READY"), index(true));
    assertEquals(floats(3, 3, 3, 3), add("add").ok().getRawOutputContents(0));
    assertFalse(fixture.worker().ready());
  }

  @Test
  void readinessNeedNotBeStrict() {
    fixture.repository().model("add", ADD).config("nonsense", "max_batch: 3");
    fixture.start(
        options ->
            options.withModels(
                new WorkerOptions.Models(ModelControlMode.NONE, List.of(), false, false)));
    assertTrue(fixture.worker().ready());
    assertFalse(ready("nonsense"));
  }

  @Test
  void modelsComeAndGo() {
    fixture.repository().model("add", ADD).model("matmul", ADD);
    startWith("add");
    unload("add").ok();
    assertFalse(ready("add"));
    assertEnds(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'add' has no available versions",
        add("add"));
    assertTrue(fixture.worker().ready(), "what was unloaded on purpose is not missing");
    unload("add").ok();
    unload("matmul").ok();

    load("add").ok();
    assertEquals(floats(3, 3, 3, 3), add("add").ok().getRawOutputContents(0));
    load("matmul").ok();
    assertEquals(List.of("add/1 READY", "matmul/1 READY"), index(false));
  }

  @Test
  void theFolderIsReadAgain() {
    fixture.repository().model("add", ADD);
    startWith("add");
    fixture.repository().version("add", "add", 2);
    load("add").ok();
    assertEquals("2", add("add").ok().getModelVersion());
    assertEquals("add/2 READY", index(true).getFirst());
  }

  @Test
  void aLoadThatFailsChangesNothingForWhatAnswers() {
    fixture.repository().model("add", ADD);
    startWith("add");
    fixture.repository().text("add/2/model.onnx", "broken");
    assertEnds(
        GrpcStatus.INVALID_ARGUMENT,
        "load failed for model 'add': version 2 is at UNAVAILABLE state: ONNX Runtime cannot open",
        load("add"));
    assertEquals("1", add("add").ok().getModelVersion());
    assertTrue(fixture.worker().ready());
    List<String> index = index(false);
    assertEquals("add/1 READY", index.get(0));
    assertTrue(index.get(1).startsWith("add/2 UNAVAILABLE ONNX Runtime"), index.get(1));

    fixture.repository().config("add", "nonsense");
    assertEnds(
        GrpcStatus.INVALID_ARGUMENT,
        "failed to load 'add', failed to poll from model",
        load("add"));
    assertEquals("1", add("add").ok().getModelVersion());
  }

  @Test
  void aModelThatIsNotThereIsAnError() {
    fixture.repository().model("add", ADD);
    startWith();
    assertEnds(
        GrpcStatus.INVALID_ARGUMENT,
        "failed to load 'nope', failed to poll from model repository",
        load("nope"));
    unload("none").ok();
    for (String leadingAway :
        List.of("", ".", "../add", "a/b", "a\\b", "\0", "a\nb", "x".repeat(300))) {
      assertEnds(GrpcStatus.INVALID_ARGUMENT, "is not the name of a folder", load(leadingAway));
      assertEnds(GrpcStatus.INVALID_ARGUMENT, "is not the name of a folder", unload(leadingAway));
    }
  }

  @Test
  void whatCallsFailToAddDoesNotMakeTheWorkerUnready() {
    fixture
        .repository()
        .model("add", ADD)
        .config("nonsense", "max_batch: 3")
        .config("unopenable", ADD)
        .text("unopenable/1/model.onnx", "not a model");
    startWith("add");
    for (String model : List.of("nonsense", "unopenable", "nope")) {
      assertFalse(load(model).status() == GrpcStatus.OK);
      assertFalse(ready(model));
      assertTrue(fixture.worker().ready());
    }
    List<String> index = index(false);
    assertEquals("add/1 READY", index.get(0));
    assertTrue(index.get(1).startsWith("nonsense/ UNAVAILABLE"), index.get(1));
    assertTrue(index.get(2).startsWith("unopenable/1 UNAVAILABLE"), index.get(2));
    assertEquals(3, index.size());
  }

  @Test
  void aModelOfTheStartStaysMissedUntilItIsThereOrUnloaded() {
    fixture
        .repository()
        .config("add", ADD)
        .text("add/1/model.onnx", "not a model")
        .config("other", ADD)
        .text("other/1/model.onnx", "not a model");
    startWith("add", "other");
    load("add");
    assertFalse(fixture.worker().ready());
    fixture.repository().version("add", "add", 1);
    load("add").ok();
    assertFalse(fixture.worker().ready());
    unload("other").ok();
    assertTrue(fixture.worker().ready());
  }

  @Test
  void withoutExplicitControlNothingChanges() {
    fixture.repository().model("add", ADD);
    fixture.start();
    String refusal = "explicit model load / unload is not allowed";
    assertEnds(GrpcStatus.UNAVAILABLE, refusal, load("add"));
    assertEnds(GrpcStatus.UNAVAILABLE, refusal, unload("add"));
    assertEquals(List.of("add/1 READY"), index(false));
  }

  @Test
  void aConfigurationMayComeWithTheCall() {
    fixture.repository().model("add", ADD).version("add", "add", 2);
    startWith("add");
    String both =
        ADD_JSON.replace("}", ", \"versionPolicy\": {\"specific\": {\"versions\": [\"1\"]}}}");
    load("add", Map.of("config", text(both))).ok();
    assertEquals("1", add("add").ok().getModelVersion());
    assertEquals(
        2,
        fixture
            .client()
            .call(
                GRPCInferenceServiceGrpcClient.ModelConfig,
                ModelConfigRequest.newBuilder().setName("add").build())
            .ok()
            .getConfig()
            .getMaxBatchSize());
    load("add").ok();
    assertEquals("2", add("add").ok().getModelVersion(), "the folder's own configuration is back");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[] | is not a JSON object",
        "{\"max_batch\": 1} | field 'max_batch' is not honoured",
        "{\"input\": [{\"dim\": 1}]} | field 'input[0].dim' is not honoured",
        "{\"max_batch_size\": 1.5} | max_batch_size is '1.5', expected a whole number of 32 bits",
        "{\"max_batch_size\": 3000000000} | expected a whole number of 32 bits",
        "{\"backend\": 7} | backend is '7', expected a string",
        "{\"input\": {}} | input is '{}', expected an array",
        "{\"backend\": \"onnxruntime\", \"input\": [{\"name\": \"A\", \"data_type\": \"FP32\"}]} |"
            + " input[0].data_type is 'FP32', expected a value of DataType",
        "{\"backend\": \"tensorrt\"} | backend is 'tensorrt', this worker accepts",
        "{\"name\": \"other\", \"backend\": \"onnxruntime\"} | name is 'other', this worker"
            + " accepts",
      })
  void aConfigurationOfACallIsCheckedAsOneOfAFile(String json, String expected) {
    fixture.repository().model("add", ADD);
    startWith("add");
    Reply<RepositoryModelLoadResponse> refused = load("add", Map.of("config", text(json)));
    assertEnds(GrpcStatus.INVALID_ARGUMENT, "parameter 'config'", refused);
    assertEnds(GrpcStatus.INVALID_ARGUMENT, expected, refused);
    add("add").ok();
  }

  @Test
  void filesMayComeWithTheCall() throws IOException {
    fixture.repository().model("add", ADD);
    startWith();
    ByteString file =
        ByteString.copyFrom(
            Files.readAllBytes(fixture.repository().root().resolve("add/1/model.onnx")));
    var content = ModelRepositoryParameter.newBuilder().setBytesParam(file).build();
    load("sent", Map.of("config", text(ADD_JSON), "file:7/model.onnx", content)).ok();
    assertEquals("7", add("sent").ok().getModelVersion());
    assertEquals(List.of("add/", "sent/7 READY"), index(false));

    assertEnds(
        GrpcStatus.INVALID_ARGUMENT,
        "'config' is missing",
        load("sent", Map.of("file:7/model.onnx", content)));
    for (String path : List.of("file:0/model.onnx", "file:1/../x", "file:1/a/b", "file:x")) {
      assertEnds(
          GrpcStatus.INVALID_ARGUMENT,
          '"' + path + "\" is not of the form",
          load("sent", Map.of("config", text(ADD_JSON), path, content)));
    }
  }

  @Test
  void parametersAreChecked() {
    fixture.repository().model("add", ADD);
    startWith("add");
    assertEnds(
        GrpcStatus.INVALID_ARGUMENT,
        "load parameter \"colour\" is not known",
        load("add", Map.of("colour", text("red"))));
    assertEnds(
        GrpcStatus.INVALID_ARGUMENT,
        "invalid value type for 'config' parameter, expected string_param, got bool_param.",
        load(
            "add",
            Map.of("config", ModelRepositoryParameter.newBuilder().setBoolParam(true).build())));
    assertEnds(
        GrpcStatus.UNIMPLEMENTED,
        "'repository_name' specification is not supported",
        fixture
            .client()
            .call(
                GRPCInferenceServiceGrpcClient.RepositoryIndex,
                RepositoryIndexRequest.newBuilder().setRepositoryName("x").build()));
  }

  @Test
  void aLoadIsRefusedWhileDraining() {
    fixture.repository().model("add", ADD);
    startWith("add");
    await(fixture.worker().drain(java.time.Duration.ofSeconds(10)));
    assertEnds(GrpcStatus.UNAVAILABLE, "Server not ready", load("add"));
  }
}
