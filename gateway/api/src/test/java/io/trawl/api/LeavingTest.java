package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Promise;
import io.vertx.core.http.GoAway;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A gateway that is told to end sends its callers away and loses none. */
class LeavingTest {

  private static final String ASK = "GET /v1/objectives HTTP/1.1\r\nhost: a\r\n\r\n";

  private final Gateway gateway = new Gateway();

  @AfterEach
  void close() {
    gateway.close();
  }

  @Test
  void aKeptConnectionEndsWithAnAnswerThatSaysSo() throws IOException {
    try (var kept = gateway.connect()) {
      kept.getOutputStream().write(ASK.getBytes(StandardCharsets.US_ASCII));
      assertFalse(answer(kept).contains("connection: close"));

      Gateway.await(gateway.server.leave());

      kept.getOutputStream().write(ASK.getBytes(StandardCharsets.US_ASCII));
      var last = new String(kept.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(last.startsWith("HTTP/1.1 200 "), last);
      assertTrue(last.contains("connection: close"), last);
    }
    try (var late = gateway.connect()) {
      late.getOutputStream().write(ASK.getBytes(StandardCharsets.US_ASCII));
      var only = new String(late.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(only.startsWith("HTTP/1.1 200 "), only);
    }
  }

  @Test
  void aConnectionOfHttp2IsToldToBeginNothingMore() {
    var client =
        gateway.vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    var request =
        Gateway.await(
            client.request(
                HttpMethod.GET, gateway.server.httpPort(), "127.0.0.1", "/v1/objectives"));
    Promise<GoAway> told = Promise.promise();
    request.connection().goAwayHandler(told::tryComplete);

    Gateway.await(gateway.server.leave());

    assertEquals(0, Gateway.await(told.future()).getErrorCode());
    assertEquals(
        200, Gateway.await(request.send().map(HttpClientResponse::statusCode)), "begun before");
  }

  /** Reads one answer of a connection that stays open. */
  private static String answer(Socket from) throws IOException {
    var head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
      head.write(from.getInputStream().read());
    }
    var text = head.toString(StandardCharsets.UTF_8);
    var length = text.replaceAll("(?s).*content-length: (\\d+).*", "$1");
    from.getInputStream().readNBytes(Integer.parseInt(length));
    return text;
  }
}
