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
import io.trawl.workers.testkit.BufferLeaks;
import io.trawl.workers.testkit.Http2Answers;
import io.trawl.workers.testkit.Http2Bytes;
import io.trawl.workers.testkit.LogWatch;
import io.trawl.workers.testkit.RawSocket;
import io.trawl.workers.testkit.TypedAnswers;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** A worker that gets bytes of any kind, and afterwards has to be as if nothing had been. */
final class WorkerUnderFire implements AutoCloseable {

  static final int MAX_BYTES = 1 << 16;

  static final String SUM =
      """
      {"id":"q1","inputs":[{"name":"A","datatype":"FP32","shape":[1,4],"data":[1,2,3.5,4]},\
      {"name":"B","datatype":"FP32","shape":[1,4],"data":[[10,20,30,40]]}],"outputs":[{"name":\
      "SUM","parameters":{"binary_data":false}}],"parameters":{"binary_data_output":false,\
      "timeout":1000}}""";

  static final String TEXTS =
      """
      {"inputs":[{"name":"IN","datatype":"BYTES","shape":[1,2],"data":["a","bc"]}]}""";

  static final String RAW_SUM =
      """
      {"inputs":[{"name":"A","datatype":"FP32","shape":[1,4],"parameters":{"binary_data_size":16}},\
      {"name":"B","datatype":"FP32","shape":[1,4],"parameters":{"binary_data_size":16}}],\
      "parameters":{"binary_data_output":true}}""";

  static final Map<String, String> POSTS = posts();
  static final List<String> RPCS = rpcs();

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * 499 and 500 are missing on purpose: nothing fails here, and nobody leaves in time. 431 and 501
   * are also what the libraries below say, without a document, of headers without end and of a
   * version of HTTP that does not exist; 415 is what gRPC says of a content type that is none of
   * its own.
   */
  private static final TypedAnswers TYPED =
      new TypedAnswers(
          Set.of(200, 400, 404, 405, 413, 414, 415, 431, 501, 503, 504),
          answer ->
              Set.of(405, 414, 431, 501).contains(answer.status())
                  || answer.body().length == 0
                  || !new JsonObject(answer.text()).getString("error").isEmpty());

  private final LogWatch log = LogWatch.start();
  private final WorkerFixture fixture = new WorkerFixture();
  private boolean failed;

  WorkerUnderFire() {
    fixture
        .repository()
        .model("add", "backend: \"onnxruntime\" max_batch_size: 4")
        .model("identity_bytes", "backend: \"onnxruntime\" max_batch_size: 4")
        .model("doubled_rows", "backend: \"onnxruntime\"");
    fixture.start(
        options ->
            options
                .withLoadModels(List.of("add", "identity_bytes"))
                .withMaxMessageBytes(MAX_BYTES));
  }

  private static Map<String, String> posts() {
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

  private static List<String> rpcs() {
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

  /** A body that the path takes. */
  static String goodBody(String path) {
    return Objects.requireNonNull(POSTS.get(path), path);
  }

  /** A message that the call takes. */
  static byte[] goodMessage(String rpc) {
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

  static byte[] post(String path, byte[] body) {
    return post(path, body, "");
  }

  static byte[] post(String path, byte[] body, String header) {
    var head =
        "POST "
            + path
            + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            + header
            + "content-length: "
            + body.length
            + "\r\nconnection: close\r\n\r\n";
    return Http2Bytes.join(head.getBytes(UTF_8), body);
  }

  static String path(String rpc) {
    return "/inference.GRPCInferenceService/" + rpc;
  }

  /** The bytes of a whole connection over HTTP/2 that makes one call. */
  static byte[] session(String rpc, byte[] body) {
    return Http2Bytes.join(
        Http2Bytes.preface(),
        Http2Bytes.headers(1, false, Http2Bytes.grpcHead(path(rpc))),
        Http2Bytes.data(1, true, body));
  }

  int httpPort() {
    return fixture.worker().ports().http();
  }

  int grpcPort() {
    return fixture.worker().ports().grpc();
  }

  RawSocket connect(int port) {
    return RawSocket.open(port, PATIENCE);
  }

  /** Whether an attack was not answered as it must be. */
  boolean failed() {
    return failed;
  }

  /** Sends bytes and no more: what is answered must be typed, and the connection must end. */
  void typed(int port, byte[] bytes) {
    failed = true;
    try (var socket = connect(port)) {
      var received = socket.send(bytes).halfClose().readToEnd();
      if (received.length > 3 && received[0] == 0) {
        TYPED.http2(received);
      } else {
        TYPED.http1(received);
      }
    }
    failed = false;
  }

  /** Sends a whole request of HTTP/1.1: it must be answered, typed and whole. */
  int answeredHttp1(byte[] request) {
    failed = true;
    try (var socket = connect(httpPort())) {
      int status = TYPED.oneHttp1(socket.send(request).readToEnd()).status();
      failed = false;
      return status;
    }
  }

  /** Sends a whole call on stream 1: it must be answered, typed and whole. */
  Http2Answers.Stream answeredGrpc(byte[] session) {
    failed = true;
    try (var socket = connect(grpcPort())) {
      var received = socket.send(session).awaitUntil(bytes -> Http2Answers.parse(bytes).over(1));
      var stream = TYPED.http2(received).streams().get(1);
      if (stream == null || stream.field("grpc-status").isEmpty()) {
        throw new AssertionError("no grpc-status: " + stream);
      }
      failed = false;
      return stream;
    }
  }

  /** Whether all is as before: good requests are answered and nothing is left of the bad ones. */
  void assertCalm() {
    assertEquals(200, answeredHttp1(post("/v2/models/add/infer", SUM.getBytes(UTF_8))));
    long end = System.nanoTime() + PATIENCE.toNanos();
    String metrics;
    do {
      fixture.client().infer(sum().build()).ok();
      metrics = fixture.metrics();
    } while (busy(metrics) && System.nanoTime() < end);
    assertTrue(!busy(metrics), metrics);
    assertEquals(List.of(), log.errors().stream().filter(WorkerUnderFire::unexpected).toList());
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
  public void close() {
    log.close();
    fixture.close();
  }
}
