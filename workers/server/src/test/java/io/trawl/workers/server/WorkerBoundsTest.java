package io.trawl.workers.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.server.TestHttp.Reply;
import io.trawl.workers.server.WorkerOptions.Bounds;
import io.trawl.workers.testkit.attack.Http2Bytes;
import io.trawl.workers.testkit.attack.RawSocket;
import io.trawl.workers.wire.ContentCoding;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers who do not finish, or whose texts grow, can take from a worker. */
class WorkerBoundsTest {

  private static final int MESSAGE_BYTES = 64 << 10;
  private static final int CANCEL = 8;
  private static final String INFER = "/v2/models/add/infer";
  private static final String SUM_REQUEST =
      """
      { "inputs": [
          { "name": "A", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4] },
          { "name": "B", "datatype": "FP32", "shape": [1, 4], "data": [1, 2, 3, 4] } ] }
      """;

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private final TestHttp http = new TestHttp(fixture);

  private void serve(long memoryBytes) {
    serve(MESSAGE_BYTES, memoryBytes);
  }

  private void serve(int messageBytes, long memoryBytes) {
    fixture.repository().model("add", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.start(
        options ->
            options
                .withLimits(WorkerFixture.messageBytes(messageBytes))
                .withBounds(new Bounds(memoryBytes, 100, 100, Bounds.DEFAULT.times())));
  }

  @Test
  void bodiesThatDoNotEndMakeRoomForThoseThatDo() throws IOException {
    serve(4 * MESSAGE_BYTES);
    byte[] half =
        ("POST %s HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%s"
                .formatted(INFER, MESSAGE_BYTES, " ".repeat(MESSAGE_BYTES - 1)))
            .getBytes(StandardCharsets.US_ASCII);
    List<Socket> unfinished = new ArrayList<>();
    for (int i = 0; i < 14; i++) {
      var socket = new Socket(InetAddress.getLoopbackAddress(), fixture.worker().ports().http());
      socket.setSoTimeout(60_000);
      unfinished.add(socket);
      socket.getOutputStream().write(half);
    }
    assertEquals(200, http.post(INFER, SUM_REQUEST).status());
    byte[] oldest = unfinished.getFirst().getInputStream().readAllBytes();
    assertTrue(new String(oldest, StandardCharsets.UTF_8).startsWith("HTTP/1.1 429 "));
    for (Socket socket : unfinished) {
      socket.close();
    }
  }

  @Test
  void aTextThatGrowsBeyondTheMemoryIsRefused() {
    serve(4 * MESSAGE_BYTES);
    String list = "{\"inputs\":[" + "1,".repeat(20_000) + "1]}";
    Reply refused = http.post(INFER, list);
    assertEquals(413, refused.status());
    assertEquals(
        "40014 bytes of JSON with about 20003 values take more memory than one request may take;"
            + " tensors take less as binary data",
        refused.error());
    assertEquals(200, http.post(INFER, SUM_REQUEST).status());
  }

  @Test
  void whatFindsNoMemoryNowMayComeAgain() {
    fixture.startGated(
        options ->
            options
                .withLimits(WorkerFixture.messageBytes(512 << 10))
                .withBounds(new Bounds(512 << 10, 100, 100, Bounds.DEFAULT.times())),
        _ -> {});
    var running = fixture.client().startInfer(WorkerFixture.row(new float[100_000]));
    fixture.gated().awaitRun();
    String list = "{\"inputs\":[" + "1,".repeat(3_000) + "1]}";
    Reply refused = http.post("/v2/models/gated/infer", list);
    assertEquals(429, refused.status());
    assertEquals("1", refused.headers().get("retry-after"));
    assertEquals(
        "6014 bytes of JSON with about 3003 values take more memory than is free now;"
            + " tensors take less as binary data",
        refused.error());
    fixture.gated().release(1);
    running.await().ok();
    assertEquals(400, http.post("/v2/models/gated/infer", list).status());
  }

  @Test
  void controlsThatGrowBeyondTheMemoryAreRefused() {
    serve(4 * MESSAGE_BYTES);
    for (String path : List.of("/v2/repository/index", "/v2/repository/models/add/unload")) {
      Reply refused = http.post(path, "{\"x\":[" + "{},".repeat(20_000) + "1]}");
      assertEquals(413, refused.status());
      assertEquals(
          "60009 bytes of JSON with about 40003 values take more memory than one request may take",
          refused.error());
    }
  }

  @Test
  void callsThatBringNoFilesAreSmall() {
    serve(1 << 20, 64 << 20);
    String text = "{\"x\":\"" + "A".repeat(MESSAGE_BYTES) + "\"}";
    for (String path : List.of("/v2/repository/index", "/v2/repository/models/add/unload")) {
      assertEquals(413, http.post(path, text).status(), path);
    }
    Buffer packed = Buffer.buffer(ContentCoding.gzip(new byte[MESSAGE_BYTES + 1]));
    for (String method : List.of("ServerLive", "ModelMetadata", "RepositoryIndex")) {
      var refused = fixture.client().rawPacked(method, packed);
      assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, refused.status(), method);
      assertEquals("Received message larger than max (65536 bytes)", refused.text());
    }
  }

  /** Neither is a body that never ends. */
  @Test
  void filesThatMayNotBeLoadedAreNotRead() {
    serve(4 * MESSAGE_BYTES);
    Buffer message = Buffer.buffer("\32\0".repeat(MESSAGE_BYTES / 2));
    assertEquals(
        GrpcStatus.UNAVAILABLE, fixture.client().raw("RepositoryModelLoad", message).status());
    assertEquals(503, http.post("/v2/repository/models/add/load", "no JSON").status());
  }

  /** Each two bytes of them would be an object. */
  @ParameterizedTest
  @MethodSource
  void messagesThatGrowBeyondTheMemoryAreRefusedUnread(String method, byte[] element) {
    serve(4 * MESSAGE_BYTES);
    byte[] message = Arrays.copyOf(element, MESSAGE_BYTES / element.length * element.length);
    for (int at = element.length; at < message.length; at += element.length) {
      System.arraycopy(element, 0, message, at, element.length);
    }
    // More often than there is room for, were it not given back.
    for (int i = 0; i < 5; i++) {
      var refused = fixture.client().raw(method, Buffer.buffer(message));
      assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, refused.status());
      assertTrue(
          refused
              .text()
              .startsWith(
                  "a message of " + message.length + " bytes takes, when it is read, more memory"),
          refused::text);
    }
    assertEquals(200, http.post(INFER, SUM_REQUEST).status());
  }

  static List<Arguments> messagesThatGrowBeyondTheMemoryAreRefusedUnread() {
    byte[] group = {(byte) 0xfb, 0x07, (byte) 0xfc, 0x07};
    return List.of(
        Arguments.of("ModelInfer", new byte[] {0x2a, 0}), // inputs
        Arguments.of("ModelInfer", new byte[] {0x22, 0}), // parameters
        Arguments.of("ModelInfer", new byte[] {0x2a, 4, 0x2a, 2, 0x42, 0}), // bytes_contents
        Arguments.of("ModelInfer", group),
        Arguments.of("ServerLive", new byte[] {0x78, 1}), // an unknown field
        Arguments.of("ModelMetadata", group));
  }

  @Test
  void aStreamEndsAtAMessageThatGrowsBeyondTheMemory() {
    serve(4 * MESSAGE_BYTES);
    var heavy = emptyInputs(MESSAGE_BYTES / 4);
    for (int i = 0; i < 5; i++) {
      var ended = fixture.client().stream().send(heavy).end();
      assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, ended.status());
    }
    assertEquals(200, http.post(INFER, SUM_REQUEST).status());
  }

  /** Of 23 KB on the wire 24 MB would come, and nearly a gigabyte of those. */
  @Test
  void packedMessagesThatGrowBeyondTheMemoryAreRefusedUnread() {
    serve(64 << 20, 64 << 20);
    var message = new ByteArrayOutputStream();
    message.writeBytes(new byte[] {10, 3, 'a', 'd', 'd'});
    message.writeBytes("*\0".repeat(12_000_000).getBytes(StandardCharsets.US_ASCII));
    Buffer packed = Buffer.buffer(ContentCoding.gzip(message.toByteArray()));
    for (int i = 0; i < 6; i++) {
      assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, inferPacked(packed));
    }
    assertEquals(200, http.post(INFER, SUM_REQUEST).status());
  }

  /**
   * All of it is there before the worker looks, so that callers have left by the time their calls
   * end: until then these hold what they were given.
   */
  @ParameterizedTest
  @Timeout(60)
  @ValueSource(strings = {"ModelInfer", "ModelStreamInfer"})
  void whatCallersWhoLeaveHaveAskedKeepsItsRoomUntilItEnds(String method) {
    int calls = 6;
    serve(512 << 10, 1 << 20);
    var head = Http2Bytes.grpcHead("/inference.GRPCInferenceService/" + method);
    byte[] message = Http2Bytes.message(emptyInputs(5_000).toByteArray());
    try (RawSocket socket = connected()) {
      try (var _ = new HeldLoops(fixture.vertx())) {
        socket.send(abandoned(calls, head, method.equals("ModelInfer"), message));
      }
      awaitPing(socket);
    }
    String page = fixture.metrics();
    while (value(page, "trawl_memory_held_bytes") > 0) {
      page = fixture.metrics();
    }
    // Half a megabyte each: one at a time.
    assertEquals(calls - 1, value(page, "trawl_memory_refused_total"), page);
    assertEquals(200, http.post(INFER, SUM_REQUEST).status());
  }

  private static ModelInferRequest emptyInputs(int count) {
    var heavy = ModelInferRequest.newBuilder().setModelName("add");
    for (int i = 0; i < count; i++) {
      heavy.addInputs(InferInputTensor.getDefaultInstance());
    }
    return heavy.build();
  }

  /** Calls of one message that are reset as soon as they are there. */
  private static byte[] abandoned(
      int calls, Map<String, String> head, boolean last, byte[] message) {
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      int stream = 2 * i + 1;
      frames.add(Http2Bytes.headers(stream, false, head));
      frames.add(Http2Bytes.data(stream, last, message));
      frames.add(Http2Bytes.reset(stream, CANCEL));
    }
    return Http2Bytes.join(frames);
  }

  private RawSocket connected() {
    RawSocket socket = RawSocket.open(fixture.worker().ports().grpc(), Duration.ofSeconds(60));
    socket.send(Http2Bytes.preface()).awaitUntil(answer -> answer.length > 0);
    return socket;
  }

  /** All that was sent before has been looked at. */
  private static void awaitPing(RawSocket socket) {
    socket.send(Http2Bytes.frame(Http2Bytes.PING, 0, 0, new byte[8]));
    assertTrue(hasPingAnswer(socket.awaitUntil(WorkerBoundsTest::hasPingAnswer)));
  }

  private static boolean hasPingAnswer(byte[] received) {
    for (int at = 0; at + 9 <= received.length; ) {
      if (received[at + 3] == Http2Bytes.PING) {
        return true;
      }
      at +=
          9
              + ((received[at] & 0xff) << 16
                  | (received[at + 1] & 0xff) << 8
                  | received[at + 2] & 0xff);
    }
    return false;
  }

  private static long value(String page, String name) {
    return page.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
        .sum();
  }

  @Test
  void largeTensorsHaveRoom() {
    serve(1);
    var raw = ByteString.copyFrom(new byte[MESSAGE_BYTES - 100]);
    var floats = InferTensorContents.newBuilder();
    for (int i = 0; i < (MESSAGE_BYTES - 100) / 4; i++) {
      floats.addFp32Contents(i);
    }
    for (var asked :
        List.of(
            ModelInferRequest.newBuilder().setModelName("nobody").addRawInputContents(raw),
            ModelInferRequest.newBuilder()
                .setModelName("nobody")
                .addInputs(InferInputTensor.newBuilder().setContents(floats)))) {
      assertEquals(GrpcStatus.NOT_FOUND, fixture.client().infer(asked.build()).status());
      Buffer packed = Buffer.buffer(ContentCoding.gzip(asked.build().toByteArray()));
      assertEquals(GrpcStatus.NOT_FOUND, inferPacked(packed));
    }
  }

  /** All is given back, whether they were read before their callers left or not. */
  @Test
  @Timeout(60)
  void packedMessagesOfCallersWhoLeftAreGivenBack() throws Exception {
    serve(64 << 20, 64 << 20);
    var head = Http2Bytes.grpcHead("/inference.GRPCInferenceService/ModelInfer");
    head.put("grpc-encoding", "gzip");
    byte[] packed = ContentCoding.gzip(emptyInputs(100_000).toByteArray());
    try (RawSocket socket = connected()) {
      socket.send(abandoned(40, head, true, Http2Bytes.message(1, packed.length, packed)));
      awaitPing(socket);
    }
    while (value(fixture.metrics(), "trawl_memory_held_bytes") > 0) {
      Thread.onSpinWait();
    }
    assertEquals(200, http.post(INFER, SUM_REQUEST).status());
  }

  @Test
  @Timeout(60)
  void messagesOfAStreamAreCountedFromTheirComingToTheirAnswer() throws Exception {
    serve(1 << 20, 64 << 20);
    var large = ModelInferRequest.newBuilder().setModelName("nobody").setId("i".repeat(300_000));
    int messages = 8;
    try (var _ = new HeldReading(fixture.vertx())) {
      TestStream stream = fixture.client().stream();
      for (int i = 0; i < messages; i++) {
        stream.send(large.build());
      }
      while (held() < messages * 300_000L) {
        Thread.onSpinWait();
      }
      stream.leave();
      // A thread has the first in hand.
      awaitHeld(302_000);
    }
    awaitHeld(0);
    TestStream stream = fixture.client().stream();
    for (int i = 0; i < messages; i++) {
      stream.send(large.build());
    }
    for (int i = 0; i < messages; i++) {
      assertTrue(stream.next().getErrorMessage().contains("nobody"));
    }
    assertEquals(GrpcStatus.OK, stream.finish().end().status());
    awaitHeld(0);
  }

  /** Of each alone it is little. */
  @Test
  @Timeout(60)
  void manySmallMessagesAreCounted() {
    fixture.startGated("");
    TestStream stream = fixture.client().stream();
    for (int i = 0; i < 32; i++) {
      stream.send(WorkerFixture.row(new float[5_000]));
    }
    fixture.gated().awaitRun();
    while (held() < 32 * 20_000L) {
      Thread.onSpinWait();
    }
    fixture.gated().release(32);
    for (int i = 0; i < 32; i++) {
      stream.answer();
    }
    assertEquals(GrpcStatus.OK, stream.finish().end().status());
    awaitHeld(0);
  }

  @Test
  @Timeout(60)
  void aDeadlineHoldsForWhatWaitsToBeRead() throws Exception {
    serve(1 << 20, 64 << 20);
    byte[] asked = new byte[300_000];
    int calls = HeldReading.THREADS + 3;
    try (var _ = new HeldReading(fixture.vertx())) {
      List<Future<TestClient.Reply<ModelInferResponse>>> answers = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        answers.add(
            fixture
                .client()
                .endWith(
                    GRPCInferenceServiceGrpcClient.ModelInfer,
                    Map.of("grpc-timeout", "100m", "grpc-encoding", "gzip"),
                    GrpcMessage.message("gzip", Buffer.buffer(ContentCoding.gzip(asked)))));
      }
      for (var answer : answers) {
        assertEquals(GrpcStatus.DEADLINE_EXCEEDED, TestClient.await(answer).status());
      }
      // The threads have some in hand, to be read; the others never are.
      while (value(fixture.metrics(), "trawl_reads_dropped_total") != 3) {
        Thread.onSpinWait();
      }
      assertTrue(held() > 0);
    }
    awaitHeld(0);
    assertEquals(200, http.post(INFER, SUM_REQUEST).status());
  }

  @Test
  @Timeout(60)
  void aDeadlineEndsAStreamThatWaitsToBeRead() throws Exception {
    serve(1 << 20, 64 << 20);
    var large = ModelInferRequest.newBuilder().setModelName("nobody").setId("i".repeat(300_000));
    try (var _ = new HeldReading(fixture.vertx())) {
      TestStream stream = fixture.client().stream(Map.of("grpc-timeout", "100m"));
      stream.send(large.build());
      assertEquals(GrpcStatus.DEADLINE_EXCEEDED, stream.end().status());
    }
    awaitHeld(0);
  }

  @Test
  @Timeout(60)
  void smallPackedMessagesDoNotWaitForLargeOnes() throws Exception {
    serve(1 << 20, 64 << 20);
    var small = ModelInferRequest.newBuilder().setModelName("nobody").setId("i".repeat(10_000));
    Buffer packed = Buffer.buffer(ContentCoding.gzip(small.build().toByteArray()));
    try (var _ = new HeldReading(fixture.vertx())) {
      assertEquals(GrpcStatus.NOT_FOUND, inferPacked(packed));
      Buffer body = Buffer.buffer(ContentCoding.gzip(SUM_REQUEST.getBytes(StandardCharsets.UTF_8)));
      var headers = MultiMap.caseInsensitiveMultiMap().set("content-encoding", "gzip");
      assertEquals(200, http.callWith(HttpMethod.POST, INFER, body, headers).status());
    }
  }

  @Test
  @Timeout(60)
  void bodiesThatWaitToBeReadAreGivenBackWhenTheirCallersLeave() throws Exception {
    serve(1 << 20, 64 << 20);
    int bytes = 100_000;
    byte[] body =
        ("POST %s HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%s"
                .formatted(INFER, bytes, " ".repeat(bytes)))
            .getBytes(StandardCharsets.US_ASCII);
    try (var _ = new HeldReading(fixture.vertx())) {
      List<RawSocket> callers = new ArrayList<>();
      for (int i = 0; i < HeldReading.THREADS + 5; i++) {
        callers.add(
            RawSocket.open(fixture.worker().ports().http(), Duration.ofSeconds(60)).send(body));
      }
      while (value(fixture.metrics(), "trawl_reads_waiting") != 5) {
        Thread.onSpinWait();
      }
      callers.forEach(RawSocket::close);
      while (value(fixture.metrics(), "trawl_reads_dropped_total") != 5) {
        Thread.onSpinWait();
      }
      awaitHeld(HeldReading.THREADS * (bytes + 1024L));
    }
    awaitHeld(0);
  }

  private long held() {
    return value(fixture.metrics(), "trawl_memory_held_bytes");
  }

  private void awaitHeld(long most) {
    while (held() > most) {
      Thread.onSpinWait();
    }
  }

  private GrpcStatus inferPacked(Buffer message) {
    var answer =
        fixture
            .client()
            .endWith(
                GRPCInferenceServiceGrpcClient.ModelInfer,
                "gzip",
                GrpcMessage.message("gzip", message));
    return TestClient.await(answer).status();
  }

  /** With what gRPC puts before it, it is a little more than a message. */
  @Test
  void theLargestMessageHasRoom() {
    serve(1);
    ModelInferRequest.Builder asked = ModelInferRequest.newBuilder().setModelName("nobody");
    int envelope = asked.setId(" ".repeat(MESSAGE_BYTES / 2)).build().getSerializedSize();
    var largest = asked.setId(" ".repeat(MESSAGE_BYTES / 2 + MESSAGE_BYTES - envelope)).build();
    assertEquals(MESSAGE_BYTES, largest.getSerializedSize());
    assertEquals(GrpcStatus.NOT_FOUND, fixture.client().infer(largest).status());
  }
}
