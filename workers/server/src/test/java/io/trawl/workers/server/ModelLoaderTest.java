package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;
import static io.trawl.workers.server.TestClient.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.onnx.GraphProto;
import io.trawl.workers.protocol.onnx.ModelProto;
import io.trawl.workers.server.TestClient.Infer;
import io.trawl.workers.server.TestClient.Reply;
import io.vertx.core.json.JsonObject;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A model is served only if its configuration, its folder and its file agree; otherwise the reason
 * names both sides, and the worker is not ready.
 */
final class ModelLoaderTest {
  private static final String TENSORS =
      """
      input [ { name: "A" data_type: TYPE_FP32 dims: 4 }, { name: "B" data_type: TYPE_FP32 dims: 4 } ]
      output [ { name: "SUM" data_type: TYPE_FP32 dims: 4 } ]
      """;

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private TestRepository add(String config) {
    return fixture.repository().model("add", "backend: \"onnxruntime\" " + config);
  }

  private String failure() {
    fixture.start();
    assertFalse(fixture.worker().ready());
    return String.join("; ", fixture.worker().failures().values());
  }

  private Reply<ModelInferResponse> infer(String version) {
    return fixture
        .client()
        .infer(
            Infer.of("add")
                .version(version)
                .input("A", "FP32", floats(1, 1, 1, 1), 1, 4)
                .input("B", "FP32", floats(2, 2, 2, 2), 1, 4)
                .build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "input { name: \"A\" data_type: TYPE_FP32 dims: 4 } | needs inputs that config.pbtxt does"
            + " not name: 'B'",
        "input [ { name: \"A\" data_type: TYPE_FP32 dims: 4 }, { name: \"C\" data_type: TYPE_FP32"
            + " dims: 4 } ] | the ONNX file has no input 'C', only 'A', 'B'; an initializer is a"
            + " constant, no input",
        "output { name: \"Q\" data_type: TYPE_FP32 dims: 4 } | the ONNX file has no output 'Q',"
            + " only 'SUM', 'DIFFERENCE'",
        "output { name: \"SUM\" data_type: TYPE_INT64 dims: 4 } | output 'SUM' is TYPE_INT64 in"
            + " config.pbtxt, but TYPE_FP32 in the ONNX file",
        "output { name: \"SUM\" data_type: TYPE_FP32 dims: 5 } | output 'SUM' has dims [5] in"
            + " config.pbtxt, but [4] in the ONNX file",
        "output { name: \"SUM\" data_type: TYPE_FP32 dims: [ 4, 1 ] } | output 'SUM' has dims [4,1]"
            + " in config.pbtxt, but [4] in the ONNX file",
        "output { name: \"SUM\" data_type: TYPE_FP32 dims: -1 } | output 'SUM' has dims [-1] in"
            + " config.pbtxt, but [4] in the ONNX file",
        "model_warmup { name: \"w\" } | model_warmup 'w' of model 'add' names no data for input"
            + " 'A'",
        "model_warmup { name: \"w\" inputs { key: \"Q\" value: { data_type: TYPE_FP32 dims: 4"
            + " zero_data: true } } } | model_warmup 'w': model 'add' has no input 'Q'",
        "model_warmup { name: \"w\" inputs { key: \"A\" value: { data_type: TYPE_FP32 dims: 3"
            + " zero_data: true } } } | input 'A' is TYPE_FP32 [3], but the model wants TYPE_FP32"
            + " [4]",
        "version_policy { specific { versions: [ 1, 7 ] } } | version_policy names version 7, but",
        "parameters { key: \"trawl.max_dim.Q\" value: { string_value: \"5\" } } |"
            + " parameters[\"trawl.max_dim.Q\"] names no input; there are 'A', 'B'",
        "parameters { key: \"trawl.max_dim\" value: { string_value: \"0\" } } |"
            + " parameters[\"trawl.max_dim\"] is '0', this worker accepts 1 to 2147483647",
        "parameters { key: \"trawl.max_dim\" value: { string_value: \"9999999999\" } } | is"
            + " '9999999999', this worker accepts 1 to 2147483647",
        "default_model_filename: \"other.onnx\" | other.onnx does not exist",
      })
  void disagreementsAreNamed(String config, String expected) {
    add("max_batch_size: 4 " + config);
    String failure = failure();
    assertTrue(failure.contains(expected), failure);
  }

  @ParameterizedTest
  @CsvSource({
    "identity_fp32, TYPE_FP32, 16777217",
    "identity_fp32, TYPE_FP32, 500000000",
    "identity_fp32, TYPE_FP32, 4000000000",
    "identity_fp32, TYPE_FP32, 9000000000000000000",
    // An empty string has four bytes here, and far more as an object.
    "identity_bytes, TYPE_STRING, 600000",
  })
  void aWarmUpIsNoLargerThanARequest(String model, String type, String dim) {
    fixture
        .repository()
        .model(
            model,
            "backend: \"onnxruntime\" max_batch_size: 4 model_warmup { name: \"w\" inputs { key:"
                + " \"IN\" value: { data_type: "
                + type
                + " dims: "
                + dim
                + " zero_data: true } } }");
    add("max_batch_size: 4");
    String failure = failure();
    assertEquals(
        "model_warmup 'w' of model '%s': with input 'IN' of shape [1,%s] its inputs take more than 67108864 bytes"
            .formatted(model, dim),
        failure);
    assertEquals("1", infer("").ok().getModelVersion());
  }

  @Test
  void manyVersionsAreTooMany() {
    add("max_batch_size: 4 version_policy { all { } }");
    for (int version = 2; version <= 65; version++) {
      fixture.repository().text("add/" + version + "/model.onnx", "");
    }
    String failure = failure();
    assertTrue(failure.contains("version_policy chooses 65 versions in "), failure);
    assertTrue(failure.contains("this worker serves at most 64 of a model"), failure);
  }

  @Test
  void aLargeWarmUpLeavesNoBuffersBehind() {
    fixture
        .repository()
        .model(
            "identity_fp32",
            """
            backend: "onnxruntime" max_batch_size: 4
            instance_group { count: 8 }
            model_warmup { name: "w" inputs { key: "IN" value: {
              data_type: TYPE_FP32 dims: 16777216 zero_data: true } } }
            """);
    fixture.start();
    assertTrue(fixture.worker().ready(), () -> fixture.worker().failures().toString());
  }

  /** It is in the file, and still nothing that a request brings. */
  @Test
  void anInitializerIsNoInput() {
    add("max_batch_size: 4 input { name: \"two\" data_type: TYPE_FP32 dims: 1 }")
        .version("add", "add", 2);
    String failure = failure();
    assertTrue(
        failure.contains("has no input 'two', only 'A', 'B'; an initializer is a constant"),
        failure);
  }

  @Test
  void wrongFieldsDoNotHideNamesThatAreNotInTheFile() {
    add(
        "max_batch_size: 4 runtime: \"r\" input [ { name: \"A\" data_type: TYPE_FP32 dims: 4 },"
            + " { name: \"Q\" data_type: TYPE_FP32 dims: 4 } ] output { name: \"R\" data_type:"
            + " TYPE_FP32 dims: 0 } output { name: \"S\" data_type: TYPE_FP32 dims: 1 }");
    String failure = failure();
    for (String named :
        List.of(
            "runtime is 'r'",
            "output[0].dims is '[0]'",
            "the ONNX file has no input 'Q'",
            "the ONNX file has no output 'S'")) {
      assertTrue(failure.contains(named), failure);
    }
  }

  /** Java's interface to ONNX Runtime would make another name of it. */
  @ParameterizedTest
  @CsvSource({"😀, false", "a\0b, false", "é, true", "日本, true"})
  void aNameThatWouldChangeOnItsWayIsRefused(String name, boolean served) throws IOException {
    fixture.repository().model("identity_fp32", "backend: \"onnxruntime\"");
    Path file = fixture.repository().root().resolve("identity_fp32/1/model.onnx");
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    String former = graph.getOutput(0).getName();
    graph.getOutputBuilder(0).setName(name);
    graph
        .getNodeBuilderList()
        .forEach(
            node -> {
              for (int i = 0; i < node.getOutputCount(); i++) {
                if (node.getOutput(i).equals(former)) {
                  node.setOutput(i, name);
                }
              }
            });
    Files.write(file, model.build().toByteArray());
    if (served) {
      fixture.start();
      assertEquals(List.of(), List.copyOf(fixture.worker().failures().values()));
    } else {
      String failure = failure();
      assertTrue(failure.contains("has a name that this worker cannot pass on"), failure);
      assertTrue(failure.startsWith("output \""), failure);
    }
  }

  @Test
  void aBatchNeedsAnOpenFirstDimension() {
    fixture.repository().model("unbatched", "backend: \"onnxruntime\" max_batch_size: 2");
    String failure = failure();
    assertTrue(
        failure.contains(
            "max_batch_size is 2, but output 'TOTAL' of the ONNX file has shape [], whose first"
                + " dimension is not open"),
        failure);
  }

  @Test
  void anOutputWithOtherRowsIsAFault() {
    fixture.repository().model("doubled_rows", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.start();
    var reply =
        fixture
            .client()
            .infer(Infer.of("doubled_rows").input("IN", "FP32", floats(1, 2, 3, 4), 2, 2).build());
    assertEquals(GrpcStatus.INTERNAL, reply.status());
    assertEquals(
        "output 'TWICE' has shape [4,2] for a batch of 2; with max_batch_size > 0 the first"
            + " dimension must be the batch",
        reply.text());
  }

  @Test
  void namelessTensorsAreFilledIn() {
    add("max_batch_size: 4");
    fixture.start();
    ModelInferResponse response = infer("").ok();
    assertEquals(List.of("SUM", "DIFFERENCE"), names(response));
  }

  /** As Triton does it: what has an open first dimension everywhere is batched, up to 4. */
  @Test
  void aConfigurationIsMadeOfTheFileWhereThereIsNone() {
    fixture.repository().version("add", "add", 1).version("scaled", "scaled", 1);
    fixture.start();
    assertTrue(fixture.worker().ready(), () -> fixture.worker().failures().toString());
    assertEquals(floats(3, 3, 3, 3), infer("").ok().getRawOutputContents(0));

    TestHttp http = new TestHttp(fixture);
    JsonObject add = http.get("/v2/models/add/config").json();
    assertEquals("onnxruntime", add.getString("backend"));
    assertEquals(4, add.getInteger("max_batch_size"));
    assertTrue(add.containsKey("dynamic_batching"));
    assertEquals(0, http.get("/v2/models/scaled/config").json().getInteger("max_batch_size", 0));
  }

  @Test
  void allDisagreementsAreNamedAtOnce() {
    add(
        "max_batch_size: 4 input { name: \"A\" data_type: TYPE_INT64 dims: 5 }"
            + " output { name: \"Q\" data_type: TYPE_FP32 dims: 4 }");
    String failure = failure();
    for (String problem :
        List.of(
            "input 'A' is TYPE_INT64 in config.pbtxt",
            "input 'A' has dims [5]",
            "does not name: 'B'",
            "has no output 'Q'")) {
      assertTrue(failure.contains(problem), failure);
    }
  }

  @Test
  void outputsMayBeFewerThanTheFileHas() {
    add("max_batch_size: 4 " + TENSORS);
    fixture.start();
    assertEquals(List.of("SUM"), names(infer("").ok()));
  }

  private static List<String> names(ModelInferResponse response) {
    return response.getOutputsList().stream().map(output -> output.getName()).toList();
  }

  @Test
  void byDefaultTheNewestVersionIsServed() {
    add("max_batch_size: 4").version("add", "add", 2);
    fixture.start();
    assertEquals(floats(6, 6, 6, 6), infer("").ok().getRawOutputContents(0));
    assertEquals("2", infer("2").ok().getModelVersion());
    assertEquals(GrpcStatus.NOT_FOUND, infer("1").status());
  }

  @Test
  void allVersionsSideBySide() {
    add("max_batch_size: 4 version_policy { all { } }").version("add", "add", 2);
    fixture.start();
    assertEquals(floats(3, 3, 3, 3), infer("1").ok().getRawOutputContents(0));
    assertEquals(floats(6, 6, 6, 6), infer("2").ok().getRawOutputContents(0));
    assertEquals("2", infer("").ok().getModelVersion());
  }

  @Test
  void oneVersionMayBeBroken() {
    add("max_batch_size: 4 version_policy { all { } }").text("add/2/model.onnx", "broken");
    fixture.start();
    assertFalse(fixture.worker().ready());
    assertEquals("1", infer("").ok().getModelVersion());
    Reply<ModelInferResponse> refused = infer("2");
    assertEquals(GrpcStatus.UNAVAILABLE, refused.status());
    assertEquals(
        "Request for unknown model: 'add' version 2 is not at ready state", refused.text());
  }

  /** Whatever is thrown ends the load of one version and of nothing else. */
  @Test
  void oneVersionMayEndInAnError() {
    fixture.repository().text("gated/2/model.onnx", "too large");
    fixture.startGated("version_policy { all { } }");
    assertEquals(
        List.of("internal error while loading: the worker's log has more"),
        List.copyOf(fixture.worker().failures().values()));
    assertEquals(1, fixture.gated().openInstances());
  }

  @Test
  void foldersThatAreNoVersionsAreLeftAlone() {
    add("max_batch_size: 4").text("add/0/model.onnx", "x").text("add/old/model.onnx", "x");
    fixture.start();
    assertEquals("1", infer("").ok().getModelVersion());
  }

  @Test
  void aScriptsModelFileLiesBesideIt() {
    fixture
        .repository()
        .model("add", "backend: \"python\" max_batch_size: 4 " + TENSORS)
        .text("add/1/model.py", "# runs elsewhere");
    fixture.start();
    assertEquals(floats(3, 3, 3, 3), infer("").ok().getRawOutputContents(0));
  }

  @Test
  void anotherFileNameMayBeGiven() {
    fixture
        .repository()
        .config(
            "add", "backend: \"onnxruntime\" max_batch_size: 4 default_model_filename: \"n.onnx\"")
        .file("add", 1, "n.onnx", "add", 1);
    fixture.start();
    assertTrue(fixture.worker().ready());
  }

  @Test
  void warmUpRunsBeforeReady() {
    add(
        """
        max_batch_size: 4
        instance_group { count: 2 }
        model_warmup [ { name: "w" batch_size: 4 count: 2
          inputs { key: "A" value: { data_type: TYPE_FP32 dims: 4 random_data: true } }
          inputs { key: "B" value: { data_type: TYPE_FP32 dims: 4 zero_data: true } } } ]
        """);
    fixture.start();
    assertTrue(fixture.worker().ready());
    assertEquals(floats(3, 3, 3, 3), infer("").ok().getRawOutputContents(0));
  }

  @Test
  void onlyTheNamedModelsAreServed() {
    add("max_batch_size: 4");
    fixture.repository().config("broken", "nonsense");
    fixture.start(options -> options.withLoadModels(List.of("add")));
    assertTrue(fixture.worker().ready());
  }

  @Test
  void aNamedModelThatIsMissingKeepsTheWorkerFromBeingReady() {
    add("max_batch_size: 4");
    fixture.start(options -> options.withLoadModels(List.of("add", "missing")));
    assertFalse(fixture.worker().ready());
    assertTrue(
        String.valueOf(fixture.worker().failures().get("missing")).contains("does not exist"));
  }

  @Test
  void aFolderWithoutVersionsSaysSo() {
    fixture.repository().text("bare/readme.txt", "").config("empty", "backend: \"onnxruntime\"");
    String failure = failure();
    assertTrue(failure.contains("bare holds no version"), failure);
    assertTrue(failure.contains("empty holds no version"), failure);
  }

  @Test
  void withoutARepositoryThereIsNoWorker() {
    WorkerOptions options = WorkerOptions.of(Path.of("no", "such", "folder")).withPorts(0, 0, 0);
    AssertionError failed =
        assertThrows(
            AssertionError.class,
            () -> await(ModelWorker.create(fixture.vertx(), options).start()));
    assertTrue(
        String.valueOf(failed.getMessage()).contains("model repository no/such/folder"),
        failed.getMessage());
  }

  @Test
  void aTakenPortFailsTheStart() {
    add("max_batch_size: 4");
    fixture.start();
    int taken = fixture.worker().ports().http();
    WorkerOptions options = WorkerOptions.of(fixture.repository().root()).withPorts(0, taken, 0);
    assertThrows(
        AssertionError.class, () -> await(ModelWorker.create(fixture.vertx(), options).start()));
  }
}
