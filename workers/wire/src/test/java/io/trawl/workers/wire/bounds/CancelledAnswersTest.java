package io.trawl.workers.wire.bounds;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What it costs a server that a caller leaves in the middle of an answer: nothing. */
class CancelledAnswersTest {

  private static final int LEAVERS = 50;

  /** More than a stream's window of 64 KiB, so that the trailers wait behind it. */
  private static final int ANSWER_BYTES = 1 << 20;

  private static final int HTTP2_CANCEL = 8;

  private final Vertx vertx = Vertx.vertx();
  private final Logger netty = (Logger) LoggerFactory.getLogger("io.netty");
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    log.start();
    netty.addAppender(log);
    netty.setAdditive(false);
  }

  @AfterEach
  void stop() throws Exception {
    netty.setAdditive(true);
    netty.detachAppender(log);
    await(vertx.close());
  }

  @Test
  void resetsInMidAnswerLeaveTheConnectionAndTheLogAlone() throws Exception {
    HttpServer server = server(CancelledAnswersTest::answerAtLength);
    HttpClient client = client();
    List<Future<Void>> closed = new ArrayList<>();
    for (int i = 0; i < LEAVERS; i++) {
      HttpClientRequest request = request(client, server);
      int status = send(request, CancelledAnswersTest::halted);
      assertEquals(200, status);
      closed.add(request.reset(HTTP2_CANCEL));
    }
    await(Future.all(closed));
    // Sent after all resets on the same connection, so answered after them.
    HttpClientRequest last = request(client, server);
    assertEquals(ANSWER_BYTES, send(last, HttpClientResponse::body).length());
    assertNothingWasLogged();
  }

  @Test
  void aConnectionThatBreaksInMidAnswerLeavesTheLogAlone() throws Exception {
    Promise<Void> gone = Promise.promise();
    HttpServer server =
        server(
            request -> {
              request.connection().closeHandler(_ -> gone.complete());
              answerAtLength(request);
            });
    HttpClientRequest request = request(client(), server);
    int status = send(request, CancelledAnswersTest::halted);
    assertEquals(200, status);
    await(request.connection().close());
    await(gone.future());
    assertNothingWasLogged();
  }

  private void assertNothingWasLogged() {
    assertEquals(List.of(), log.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }

  private static void answerAtLength(HttpServerRequest request) {
    request.response().putTrailer("grpc-status", "0").end(Buffer.buffer(new byte[ANSWER_BYTES]));
  }

  /** The answer is looked at as it comes, not when this thread gets round to it. */
  private static <T> T send(HttpClientRequest request, Function<HttpClientResponse, Future<T>> look)
      throws Exception {
    Future<T> seen = request.response().compose(look);
    request.send();
    return await(seen);
  }

  /** The status of an answer that is not read any further. */
  private static Future<Integer> halted(HttpClientResponse response) {
    return Future.succeededFuture(response.pause().exceptionHandler(_ -> {}).statusCode());
  }

  private HttpServer server(Handler<HttpServerRequest> handler) throws Exception {
    return await(
        vertx
            .createHttpServer()
            .connectionHandler(CancelledAnswers::tolerateOn)
            .requestHandler(handler)
            .listen(0, "127.0.0.1"));
  }

  private HttpClient client() {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false));
  }

  private static HttpClientRequest request(HttpClient client, HttpServer server) throws Exception {
    return await(client.request(HttpMethod.POST, server.actualPort(), "127.0.0.1", "/"));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.await(60, TimeUnit.SECONDS);
  }
}
