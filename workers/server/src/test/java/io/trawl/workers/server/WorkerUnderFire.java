package io.trawl.workers.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.protocol.RepositoryModelUnloadRequest;
import io.trawl.workers.server.edge.GrpcEdge;
import io.trawl.workers.server.repository.ModelControl;
import io.trawl.workers.testkit.BufferLeaks;
import io.trawl.workers.testkit.attack.ServerUnderFire;
import io.trawl.workers.testkit.attack.TypedAnswers;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A worker that gets bytes of any kind, and afterwards has to be as if nothing had been. */
final class WorkerUnderFire extends ServerUnderFire {

  static final int MAX_BYTES = 1 << 16;

  static final String SUM =
      """
      {"id":"q1","inputs":[{"name":"A","datatype":"FP32","shape":[1,4],"data":[1,2,3.5,4]},\
      {"name":"B","datatype":"FP32","shape":[1,4],"data":[[10,20,30,40]]}],"outputs":[{"name":\
      "SUM","parameters":{"binary_data":false}}],"parameters":{"binary_data_output":false,\
      "timeout":1000}}\
      """;

  static final String TEXTS =
      """
      {"inputs":[{"name":"IN","datatype":"BYTES","shape":[1,2],"data":["a","bc"]}]}\
      """;

  static final String RAW_SUM =
      """
      {"inputs":[{"name":"A","datatype":"FP32","shape":[1,4],"parameters":{"binary_data_size":16}},\
      {"name":"B","datatype":"FP32","shape":[1,4],"parameters":{"binary_data_size":16}}],\
      "parameters":{"binary_data_output":true}}\
      """;

  static final Map<String, String> POSTS = goodBodies();
  static final List<String> RPCS = everyRpc();

  /**
   * 499 and 500 are missing on purpose: nothing fails here, and nobody leaves in time. 431 and 501
   * are also what the libraries below say, without a document, of headers without end and of a
   * version of HTTP that does not exist; 415 is what gRPC says of a content type that is none of
   * its own.
   */
  private static final TypedAnswers TYPED =
      new TypedAnswers(
          Set.of(200, 400, 404, 405, 413, 414, 415, 417, 429, 431, 501, 503, 504),
          answer ->
              Set.of(405, 431, 501).contains(answer.status())
                  || answer.body().length == 0
                  || !new JsonObject(answer.text()).getString("error").isEmpty());

  private final WorkerFixture fixture = new WorkerFixture();

  WorkerUnderFire() {
    super(TYPED);
    fixture
        .repository()
        .model("add", "backend: \"onnxruntime\" max_batch_size: 4")
        .model("identity_bytes", "backend: \"onnxruntime\" max_batch_size: 4")
        .model("doubled_rows", "backend: \"onnxruntime\"");
    fixture.start(
        options ->
            WorkerFixture.withOverrides(options)
                .withLoadModels(List.of("add", "identity_bytes"))
                .withLimits(WorkerFixture.messageBytes(MAX_BYTES)));
  }

  private static Map<String, String> goodBodies() {
    Map<String, String> posts = new LinkedHashMap<>();
    posts.put("/v2/models/add/infer", SUM);
    posts.put("/v2/models/add/versions/1/infer", SUM);
    posts.put("/v2/models/identity_bytes/infer", TEXTS);
    posts.put("/v2/repository/index", "{\"ready\":true}");
    posts.put(
        "/v2/repository/models/doubled_rows/load",
        "{\"parameters\":{\"config\":\"{\\\"backend\\\":\\\"onnxruntime\\\"}\","
            + "\"file:1/model.onnx\":\"AAAA\"}}");
    posts.put(
        "/v2/repository/models/doubled_rows/unload",
        "{\"parameters\":{\"unload_dependents\":true}}");
    return posts;
  }

  private static List<String> everyRpc() {
    List<String> rpcs = new ArrayList<>();
    GrpcEdge.DESCRIPTOR.getMethods().forEach(method -> rpcs.add(method.getName()));
    return List.copyOf(rpcs);
  }

  static ModelInferRequest.Builder sum() {
    return TestClient.Infer.of("add")
        .input("A", "FP32", TestClient.floats(1, 2, 3, 4), 1, 4)
        .input("B", "FP32", TestClient.floats(1, 2, 3, 4), 1, 4)
        .builder();
  }

  static ModelInferRequest.Builder texts() {
    return TestClient.Infer.of("identity_bytes")
        .input("IN", "BYTES", ByteString.copyFrom(new byte[] {1, 0, 0, 0, 'a', 0, 0, 0, 0}), 1, 2)
        .builder();
  }

  @Override
  public Map<String, String> posts() {
    return POSTS;
  }

  @Override
  public List<String> rpcs() {
    return RPCS;
  }

  @Override
  public String mainRpc() {
    return "ModelInfer";
  }

  @Override
  public byte[] goodMessage(String rpc) {
    return switch (rpc) {
      case "ModelInfer", "ModelStreamInfer" -> sum().build().toByteArray();
      case "ModelReady", "ModelMetadata", "ModelStatistics" ->
          ModelReadyRequest.newBuilder().setName("add").setVersion("1").build().toByteArray();
      case "ModelConfig" -> ModelConfigRequest.newBuilder().setName("add").build().toByteArray();
      case "RepositoryModelLoad" ->
          RepositoryModelLoadRequest.newBuilder()
              .setModelName("doubled_rows")
              .build()
              .toByteArray();
      case "RepositoryModelUnload" ->
          RepositoryModelUnloadRequest.newBuilder()
              .setModelName("doubled_rows")
              .build()
              .toByteArray();
      default -> new byte[0];
    };
  }

  @Override
  public String path(String rpc) {
    return "/inference.GRPCInferenceService/" + rpc;
  }

  @Override
  public int httpPort() {
    return fixture.worker().ports().http();
  }

  @Override
  public int grpcPort() {
    return fixture.worker().ports().grpc();
  }

  @Override
  public void assertCalm() {
    assertEquals(200, answeredHttp1(post("/v2/models/add/infer", SUM.getBytes(UTF_8))));
    long end = System.nanoTime() + PATIENCE.toNanos();
    String metrics;
    do {
      fixture.client().infer(sum().build()).ok();
      metrics = fixture.metrics();
    } while (busy(metrics) && System.nanoTime() < end);
    assertTrue(!busy(metrics), metrics);
    assertEquals(List.of(), errors().stream().filter(WorkerUnderFire::unexpected).toList());
    assertEquals(List.of(), BufferLeaks.found(PATIENCE));
  }

  /** A model that cannot be loaded is an error to its operator, whoever asked for it. */
  private static boolean unexpected(String error) {
    return !error.startsWith(ModelControl.class.getName());
  }

  private static boolean busy(String metrics) {
    return metrics
        .lines()
        .filter(
            line ->
                line.startsWith("nv_inference_pending_request_count{")
                    || line.startsWith("trawl_worker_open_streams"))
        .anyMatch(line -> !line.endsWith(" 0"));
  }

  @Override
  protected void end() {
    fixture.close();
  }
}
