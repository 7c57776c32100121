package io.trawl.workers.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.server.TestHttp.Reply;
import io.trawl.workers.server.WorkerOptions.Bounds;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What callers who do not finish, or whose texts grow, can take from a worker. */
class WorkerBoundsTest {

  private static final int MESSAGE_BYTES = 64 << 10;
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
    fixture.repository().model("add", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.start(
        options ->
            options
                .withLimits(WorkerFixture.messageBytes(MESSAGE_BYTES))
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
        list.length() + " bytes of JSON find no memory now; tensors take less as binary data",
        refused.error());
    assertEquals(200, http.post(INFER, SUM_REQUEST).status());
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
