package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.workers.wire.ContentCoding;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Packing saves wire, and must neither let a small bomb in nor hold a stream back. */
class ContentCodingTest {

  private static final String GOOD = "{\"objectives\":[{\"name\":\"next-item\"}],\"k\":100}";
  private static final Map<String, String> JSON = Map.of("content-type", "application/json");

  private final Gateway gateway = new Gateway();

  @AfterEach
  void stop() {
    gateway.close();
  }

  private Gateway.Answer postPacked(byte[] packed) {
    return gateway.post(
        packed, Map.of("content-type", "application/json", "content-encoding", "gzip"));
  }

  private static byte[] packed(String text) {
    return ContentCoding.gzip(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aPackedBodySaysWhatThePlainOneSays() {
    var plain = gateway.post(GOOD).json().put("request_id", "");
    assertEquals(plain, postPacked(packed(GOOD)).json().put("request_id", ""));
  }

  @Test
  void aBodyThatIsSaidToBePackedTwiceIsRefusedByName() throws IOException {
    var body = packed(GOOD);
    try (var socket = gateway.connect()) {
      var out = socket.getOutputStream();
      out.write(
          ("POST /v1/retrieve HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                  + "content-encoding: gzip\r\ncontent-encoding: gzip\r\nconnection: close\r\n"
                  + "content-length: "
                  + body.length
                  + "\r\n\r\n")
              .getBytes(StandardCharsets.UTF_8));
      out.write(body);
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(answer.startsWith("HTTP/1.1 415"), answer);
      assertTrue(answer.contains("expected content-encoding gzip, deflate, or none"), answer);
    }
  }

  @Test
  void aBombIsStoppedAtTheBound() {
    var bomb = packed("{\"x\":\"" + "a".repeat(10_000_000) + "\"}");
    int bound = TestLimits.small().messages().maxBodyBytes();
    assertInstanceOf(ContentCoding.Unpacked.TooLarge.class, ContentCoding.GZIP.unpack(bomb, bound));
    // Twice: once the packed bytes alone are too many, once they are few and grow.
    assertEquals(413, postPacked(bomb).status());
    var small = packed(" ".repeat(bound + 1));
    assertTrue(small.length < 100);
    assertEquals(413, postPacked(small).status());
    var fits = " ".repeat(bound - GOOD.length()) + GOOD;
    assertEquals(200, postPacked(packed(fits)).status());
    assertEquals(200, gateway.post(GOOD).status());
  }

  @Test
  void emptyMembersAreReadToABound() throws IOException {
    var expected =
        Map.of(50, ContentCoding.Unpacked.Whole.class, 20_000, ContentCoding.Unpacked.Broken.class);
    for (var most : expected.entrySet()) {
      var body = new ByteArrayOutputStream();
      for (int i = 0; i < most.getKey(); i++) {
        body.write(packed(""));
      }
      body.write(packed(GOOD));
      assertInstanceOf(most.getValue(), ContentCoding.GZIP.unpack(body.toByteArray(), 4096));
    }
  }

  @Test
  void whatIsNoGzipIsNamed() {
    var whole = packed(GOOD);
    var damaged = whole.clone();
    damaged[whole.length / 2] ^= 0x55;
    for (var body :
        new byte[][] {
          GOOD.getBytes(StandardCharsets.UTF_8),
          Arrays.copyOf(whole, whole.length - 1),
          Arrays.copyOf(whole, 3),
          damaged,
          Arrays.copyOf(whole, whole.length + 1),
          new byte[0]
        }) {
      var refused = postPacked(body);
      assertEquals(400, refused.status());
      assertEquals(": is not valid gzip", refused.errors().getFirst());
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyCodingIsReadWithinTheBoundAndWhatIsNotInItIsNamed(ContentCoding coding)
      throws IOException {
    var headers = Map.of("content-type", "application/json", "content-encoding", coding.label());
    var whole = packed(coding, GOOD);
    assertEquals(200, gateway.post(whole, headers).status());
    var cut = gateway.post(Arrays.copyOf(whole, whole.length - 1), headers);
    assertEquals(List.of(": is not valid " + coding.label()), cut.errors());
    int bound = TestLimits.small().messages().maxBodyBytes();
    assertEquals(413, gateway.post(packed(coding, " ".repeat(bound + 1)), headers).status());

    var message =
        RetrieveRequest.newBuilder()
            .addObjectives(ObjectiveRequest.newBuilder().setName("next-item"))
            .build()
            .toByteArray();
    var encoding = Map.of("grpc-encoding", coding.label());
    var framed = Gateway.frame(1, packed(coding, message));
    assertEquals("0", gateway.call("Retrieve", framed, encoding).code());
    var bomb = Gateway.frame(1, packed(coding, new byte[1 << 20]));
    assertEquals("8", gateway.call("Retrieve", bomb, encoding).code());
    var broken = gateway.call("Retrieve", Gateway.frame(1, new byte[] {1, 2, 3}), encoding);
    assertEquals("3", broken.code());
  }

  private static byte[] packed(ContentCoding coding, String text) throws IOException {
    return packed(coding, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] packed(ContentCoding coding, byte[] plain) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var stream =
        switch (coding) {
          case GZIP -> new GZIPOutputStream(bytes);
          case DEFLATE -> new DeflaterOutputStream(bytes);
        }) {
      stream.write(plain);
    }
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "none, false",
        "gzip, true",
        "'br, gzip;q=0.5', true",
        "'GZIP', true",
        "'gzip;q=0', false",
        "'gzip; q=0.0, *', false",
        "'*', true",
        "'*;q=0', false",
        "'br, identity', false",
        "'gzip;q=x', false",
        "'', false",
      })
  void anAnswerIsPackedForThoseWhoTakeIt(String accepted, boolean packs) throws Exception {
    var headers = new HashMap<>(JSON);
    if (accepted != null) {
      headers.put("accept-encoding", accepted);
    }
    var answer = gateway.post(GOOD.getBytes(StandardCharsets.UTF_8), headers);
    assertEquals(packs ? "gzip" : "", answer.header("content-encoding"));
    assertEquals("accept-encoding", answer.header("vary"));
    var plain = gateway.post(GOOD);
    if (packs) {
      assertTrue(answer.body().length < plain.body().length / 3);
      var whole =
          assertInstanceOf(
              ContentCoding.Unpacked.Whole.class,
              ContentCoding.GZIP.unpack(answer.body(), plain.body().length + 10));
      assertEquals(
          plain.json().put("request_id", ""),
          Buffer.buffer(whole.bytes()).toJsonObject().put("request_id", ""));
    }
  }

  @Test
  void aSmallAnswerLeavesAsItIs() {
    var answer =
        gateway.send("GET", "/v1/objectives", new byte[0], Map.of("accept-encoding", "gzip"));
    assertEquals("", answer.header("content-encoding"));
    assertEquals("", answer.header("vary"));
  }

  @Test
  void documentsArePackedToo() {
    var packed =
        gateway.send("GET", "/openapi.json", new byte[0], Map.of("accept-encoding", "gzip"));
    var whole =
        assertInstanceOf(
            ContentCoding.Unpacked.Whole.class, ContentCoding.GZIP.unpack(packed.body(), 10 << 20));
    assertArrayEquals(gateway.get("/openapi.json").body(), whole.bytes());
  }

  /** Held back, the first event would never come: the search ends only once it has been read. */
  @Test
  void anEventLeavesBeforeTheNextIsMadeWhateverIsAccepted() throws Exception {
    Promise<Void> search = Promise.promise();
    gateway.retriever.rounds(
        (request, rounds) -> {
          rounds.accept(FakeRetriever.list(request, "next-item"), 0);
          return search.future();
        });
    var request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + gateway.server.httpPort() + "/v1/retrieve:stream"))
            .timeout(Duration.ofSeconds(60))
            .header("content-type", "application/json")
            .header("accept-encoding", "gzip")
            .POST(HttpRequest.BodyPublishers.ofString(GOOD))
            .build();
    try (var client = HttpClient.newHttpClient()) {
      var response = client.send(request, BodyHandlers.ofInputStream());
      assertTrue(response.headers().firstValue("content-encoding").isEmpty());
      var lines =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
      assertEquals("event: list", lines.readLine());
      assertTrue(String.valueOf(lines.readLine()).startsWith("data: {"));
      search.complete();
      assertEquals("", lines.readLine());
      assertEquals("event: answer", lines.readLine());
    }
  }
}
