package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.HealthCheckRequest;
import io.trawl.workers.protocol.HealthCheckResponse.ServingStatus;
import io.trawl.workers.protocol.HealthGrpcClient;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.server.TestClient.Infer;
import io.trawl.workers.server.TestClient.Pending;
import io.trawl.workers.server.TestClient.Reply;
import io.trawl.workers.testkit.attack.Http2Answers;
import io.trawl.workers.testkit.attack.Http2Bytes;
import io.trawl.workers.testkit.attack.RawSocket;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients may do wrong on the wire gets a status and words; the next call is served. */
final class GrpcEdgeTest {
  private static final int MAX_BYTES = 1 << 20;

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private void serve() {
    fixture
        .repository()
        .model("identity_fp32", "backend: \"onnxruntime\" max_batch_size: 8 " + WorkerFixture.LONG);
    fixture.start(options -> options.withLimits(WorkerFixture.messageBytes(MAX_BYTES)));
  }

  private static ModelInferRequest floats(int count) {
    return Infer.of("identity_fp32")
        .input("IN", "FP32", ByteString.copyFrom(new byte[4 * count]), 1, count)
        .build();
  }

  private void assertStillServes() {
    assertEquals(GrpcStatus.OK, fixture.client().infer(floats(4)).status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SystemSharedMemoryStatus",
        "SystemSharedMemoryRegister",
        "SystemSharedMemoryUnregister",
        "CudaSharedMemoryStatus",
        "CudaSharedMemoryRegister",
        "CudaSharedMemoryUnregister",
        "TraceSetting",
        "LogSettings",
      })
  void whatIsNotServedIsSaidAndNotAdvertised(String method) {
    fixture.start();
    var refused = fixture.client().raw(method, Buffer.buffer());
    assertEquals(GrpcStatus.UNIMPLEMENTED, refused.status());
    assertEquals(method + " is not served by this worker", refused.text());
    assertEquals(
        List.of(
            "binary_tensor_data",
            "classification",
            "model_configuration",
            "model_repository",
            "parameters",
            "schedule_policy",
            "statistics"),
        fixture
            .client()
            .call(
                GRPCInferenceServiceGrpcClient.ServerMetadata,
                ServerMetadataRequest.getDefaultInstance())
            .ok()
            .getExtensionsList());
  }

  /** Whole, it would be a header that no client takes, and the status would be another. */
  @ParameterizedTest
  @ValueSource(strings = {"x", "%", "ü", "\u20ac", "\ud83d\ude00"})
  void whatACallerWroteIsQuotedWithinBounds(String written) {
    fixture.start();
    var asked =
        TestClient.Infer.of(written.repeat(200_000))
            .input("IN", "FP32", TestClient.floats(1), 1, 1)
            .build();
    var refused = fixture.client().infer(asked);
    assertEquals(GrpcStatus.NOT_FOUND, refused.status());
    assertTrue(refused.text().contains(written + written), refused::text);
    assertTrue(refused.text().length() <= 4097, () -> refused.text().length() + " characters");
  }

  @Test
  void healthIsReadiness() {
    fixture.repository().config("broken", "nonsense");
    fixture.start();
    assertEquals(ServingStatus.NOT_SERVING, health(""));
    assertEquals(ServingStatus.NOT_SERVING, health("inference.GRPCInferenceService"));
    assertEquals(
        GrpcStatus.NOT_FOUND,
        fixture
            .client()
            .call(HealthGrpcClient.Check, HealthCheckRequest.newBuilder().setService("x").build())
            .status());
  }

  private ServingStatus health(String service) {
    return fixture
        .client()
        .call(HealthGrpcClient.Check, HealthCheckRequest.newBuilder().setService(service).build())
        .ok()
        .getStatus();
  }

  @Test
  void undecodableIsInvalid() {
    serve();
    Reply<Buffer> reply =
        fixture.client().raw("ModelInfer", Buffer.buffer(new byte[] {10, 127, 1}));
    assertEquals(GrpcStatus.INVALID_ARGUMENT, reply.status());
    assertTrue(reply.text().startsWith("message cannot be decoded: "), reply.text());
    assertStillServes();
  }

  @Test
  void tooLargeIsSaidToBe() {
    serve();
    Reply<ModelInferResponse> reply = fixture.client().infer(floats(MAX_BYTES / 4));
    assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, reply.status());
    assertEquals("Received message larger than max (1048576 bytes)", reply.text());
    assertStillServes();
  }

  /** Nor does it matter what they bring. */
  @Test
  void callsThatAreNotServedAreRefusedUnread() {
    serve();
    Reply<Buffer> reply = fixture.client().raw("TraceSetting", Buffer.buffer(new byte[MAX_BYTES]));
    assertEquals(GrpcStatus.UNIMPLEMENTED, reply.status());
    assertStillServes();
  }

  @Test
  void largeButAllowedComesBack() {
    serve();
    int count = (MAX_BYTES - 1024) / 4;
    assertEquals(
        4 * count, fixture.client().infer(floats(count)).ok().getRawOutputContents(0).size());
  }

  @Test
  void theLimitHoldsForWhatGzipUnpacksTo() {
    serve();
    assertEquals(GrpcStatus.OK, gzip(floats(1000)).status());
    Reply<ModelInferResponse> bomb = gzip(floats(10 * MAX_BYTES));
    assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, bomb.status());
    assertStillServes();
  }

  private Reply<ModelInferResponse> gzip(ModelInferRequest request) {
    return fixture
        .client()
        .start(GRPCInferenceServiceGrpcClient.ModelInfer, request, call -> call.encoding("gzip"))
        .await();
  }

  @Test
  void deflateIsUnpackedAndWhatIsUnknownIsNamed() {
    serve();
    byte[] packed = new byte[8192];
    var deflater = new Deflater();
    deflater.setInput(floats(1000).toByteArray());
    deflater.finish();
    int length = deflater.deflate(packed);
    deflater.end();
    Buffer deflated = Buffer.buffer(packed).slice(0, length);
    assertEquals(GrpcStatus.OK, encoded("deflate", deflated).status());
    assertReply(
        GrpcStatus.UNIMPLEMENTED,
        "grpc-encoding 'snappy' is not supported, send identity, gzip, deflate",
        encoded("snappy", deflated));
    assertStillServes();
  }

  private Reply<ModelInferResponse> encoded(String encoding, Buffer message) {
    return await(
        fixture
            .client()
            .endWith(
                GRPCInferenceServiceGrpcClient.ModelInfer,
                encoding,
                GrpcMessage.message(encoding, message)));
  }

  @Test
  void aCompressedMessageOfNoNamedEncodingIsInvalid() {
    serve();
    Reply<ModelInferResponse> reply =
        await(
            fixture
                .client()
                .endWith(
                    GRPCInferenceServiceGrpcClient.ModelInfer,
                    GrpcMessage.message("gzip", Buffer.buffer(new byte[] {31, -117, 8, 0}))));
    assertEquals(GrpcStatus.INVALID_ARGUMENT, reply.status());
    assertStillServes();
  }

  @Test
  void anUnknownCallIsUnimplemented() {
    serve();
    assertEquals(
        GrpcStatus.UNIMPLEMENTED,
        fixture.client().raw("SystemSharedMemoryStatus", Buffer.buffer()).status());
    ServiceMethod<ServerLiveResponse, ServerLiveRequest> elsewhere =
        ServiceMethod.client(
            ServiceName.create("other.Service"),
            "ServerLive",
            GRPCInferenceServiceGrpcClient.ServerLive.encoder(),
            GRPCInferenceServiceGrpcClient.ServerLive.decoder());
    assertEquals(
        GrpcStatus.UNIMPLEMENTED,
        fixture.client().call(elsewhere, ServerLiveRequest.getDefaultInstance()).status());
  }

  @Test
  void aCallWithoutMessageIsInvalid() {
    serve();
    Reply<ModelInferResponse> reply =
        await(fixture.client().empty(GRPCInferenceServiceGrpcClient.ModelInfer));
    assertEquals(GrpcStatus.INVALID_ARGUMENT, reply.status());
    assertStillServes();
  }

  private static Map<String, String> head(String method, String timeout) {
    var head = Http2Bytes.grpcHead("/inference.GRPCInferenceService/" + method);
    head.put("grpc-timeout", timeout);
    return head;
  }

  /** What the one stream of a connection ends with. */
  private Http2Answers.Stream ending(byte[]... frames) {
    int port = fixture.worker().ports().grpc();
    try (var socket = RawSocket.open(port, Duration.ofSeconds(60))) {
      socket.send(Http2Bytes.preface()).send(Http2Bytes.join(frames));
      var received = socket.awaitUntil(bytes -> Http2Answers.parse(bytes).over(1));
      return requireNonNull(Http2Answers.parse(received).streams().get(1));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ServerLive", "ModelInfer", "ModelStreamInfer"})
  void aCallThatSendsNothingEndsAtItsDeadline(String method) {
    serve();
    var ended = ending(Http2Bytes.headers(1, false, head(method, "20m")));
    assertEquals("4", ended.field("grpc-status"));
    assertStillServes();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "S", "123456789S", "5x", "-1S"})
  void aMalformedTimeoutIsInvalid(String timeout) {
    serve();
    for (String method : List.of("ServerLive", "ModelInfer", "ModelStreamInfer")) {
      var refused = ending(Http2Bytes.headers(1, false, head(method, timeout)));
      assertEquals("3", refused.field("grpc-status"));
      assertEquals(
          "grpc-timeout is '%s'; expected up to 8 digits and one of H M S m u n".formatted(timeout),
          URLDecoder.decode(refused.field("grpc-message"), StandardCharsets.UTF_8));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5, 20})
  void aStreamThatEndsWithinAMessageIsInvalid(int bytes) {
    serve();
    var message = Http2Bytes.message(new byte[40]);
    var ended =
        ending(
            Http2Bytes.headers(1, false, head("ModelStreamInfer", "10S")),
            Http2Bytes.data(1, true, Arrays.copyOf(message, bytes)));
    assertEquals("3", ended.field("grpc-status"));
    assertEquals(
        "the call ended within a message, of which " + bytes + " bytes came",
        URLDecoder.decode(ended.field("grpc-message"), StandardCharsets.UTF_8));
  }

  @Test
  void unknownModelsAndVersionsAreNotFound() {
    serve();
    assertReply(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'nope' is not found",
        fixture.client().infer(Infer.of("nope").build()));
    assertReply(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'identity_fp32' version 9 is not found",
        fixture.client().infer(Infer.of("identity_fp32").version("9").build()));
    assertReply(
        GrpcStatus.INVALID_ARGUMENT,
        "failed to get model version from specified version string 'new', version should be an"
            + " integral value > 0",
        fixture.client().infer(Infer.of("identity_fp32").version("new").build()));
    assertFalse(
        fixture
            .client()
            .call(
                GRPCInferenceServiceGrpcClient.ModelReady,
                ModelReadyRequest.newBuilder().setName("nope").build())
            .ok()
            .getReady());
  }

  private static void assertReply(GrpcStatus status, String text, Reply<?> reply) {
    assertEquals(status, reply.status());
    assertEquals(text, reply.text());
  }

  /** Vert.x closes a connection after 200 resets unless told otherwise. */
  @Test
  void manyCancellationsDoNotCostTheConnection() {
    fixture.startGated("dynamic_batching { }");
    Pending<ModelInferResponse> running = fixture.client().startInfer(WorkerFixture.row(0));
    fixture.gated().awaitRun();
    List<Pending<ModelInferResponse>> leaving = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      leaving.add(fixture.client().startInfer(WorkerFixture.row(i)));
    }
    leaving.forEach(pending -> pending.request().cancel());
    fixture
        .client()
        .call(GRPCInferenceServiceGrpcClient.ServerLive, ServerLiveRequest.getDefaultInstance())
        .ok();
    fixture.gated().release(1);
    assertEquals(GrpcStatus.OK, running.await().status());
  }
}
