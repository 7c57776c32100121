package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.server.TestHttp.Reply;
import io.trawl.workers.tensors.JsonInfer;
import io.trawl.workers.testkit.attack.MalformedJson;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The HTTP twin says what gRPC says, on Triton's paths and in its JSON. */
final class HttpEdgeTest {
  private static final String ADD = "backend: \"onnxruntime\" max_batch_size: 4";
  private static final String SUM_REQUEST =
      """
      { "id": "q1",
        "inputs": [
          { "name": "A", "datatype": "FP32", "shape": [1, 4], "data": [[1, 2, 3.5, 4e0]] },
          { "name": "B", "datatype": "FP32", "shape": [1, 4], "data": [10, 20, 30, 40] } ],
        "outputs": [ { "name": "SUM" } ] }
      """;

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private final TestHttp http = new TestHttp(fixture);
  private boolean started;

  private void serve() {
    fixture.repository().model("add", ADD);
    fixture.start(options -> options.withLimits(WorkerFixture.messageBytes(1 << 16)));
  }

  private Reply get(String path) {
    return http.get(path);
  }

  private Reply post(String path, String body) {
    return http.post(path, body);
  }

  private Reply packed(String encoding, Buffer body) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap().set("content-encoding", encoding);
    return http.callWith(HttpMethod.POST, "/v2/models/add/infer", body, headers);
  }

  private static Buffer gzip(byte[] plain) {
    var bytes = new ByteArrayOutputStream();
    try (var packing = new GZIPOutputStream(bytes)) {
      packing.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Buffer.buffer(bytes.toByteArray());
  }

  @Test
  void packedRequestsAreUnpacked() {
    serve();
    byte[] plain = SUM_REQUEST.getBytes(StandardCharsets.UTF_8);
    String expected = post("/v2/models/add/infer", SUM_REQUEST).body().toString();
    assertEquals(expected, packed("gzip", gzip(plain)).body().toString());
    assertEquals(expected, packed("GZIP", gzip(plain)).body().toString());
    assertEquals(expected, packed("x-gzip", gzip(plain)).body().toString());
    assertEquals(expected, packed("identity", Buffer.buffer(plain)).body().toString());
    byte[] deflated = new byte[plain.length + 64];
    var deflater = new Deflater();
    deflater.setInput(plain);
    deflater.finish();
    int length = deflater.deflate(deflated);
    deflater.end();
    assertEquals(
        expected, packed("deflate", Buffer.buffer(deflated).slice(0, length)).body().toString());
  }

  @Test
  void whatCannotBeUnpackedIsTyped() {
    serve();
    Reply unknown = packed("br", Buffer.buffer("x"));
    assertEquals(415, unknown.status());
    assertEquals(
        "content-encoding 'br' is not supported, send identity, gzip, deflate", unknown.error());
    Reply broken = packed("gzip", Buffer.buffer(SUM_REQUEST));
    assertEquals(400, broken.status());
    assertEquals("gzip message cannot be unpacked: it does not begin as gzip does", broken.error());
    Reply bomb = packed("gzip", gzip(new byte[1 << 20]));
    assertEquals(413, bomb.status());
    assertEquals("request is larger than 65536 bytes", bomb.error());
    Reply expecting =
        http.callWith(
            HttpMethod.POST,
            "/v2/models/add/infer",
            Buffer.buffer(SUM_REQUEST),
            MultiMap.caseInsensitiveMultiMap().set("expect", "magic"));
    assertEquals(417, expecting.status());
    assertEquals(200, post("/v2/models/add/infer", SUM_REQUEST).status());
  }

  /** Nothing is asked for that would be refused: the head alone is answered, at once. */
  @ParameterizedTest
  @ValueSource(strings = {"", "expect: 100-continue\r\n"})
  void aBodyThatIsAnnouncedTooLargeIsRefusedAtOnce(String expect) throws IOException {
    serve();
    String answer =
        raw(
            "POST /v2/models/add/infer HTTP/1.1\r\nhost: a\r\n"
                + expect
                + "content-length: 99999999999999\r\n\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
    assertTrue(answer.endsWith("{\"error\":\"request is larger than 65536 bytes\"}"), answer);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NONSENSE | 400 | the head of the request is not HTTP",
        "LINE | 414 | the first line of the request is longer than is read",
        "HEADERS | 431 | the headers of the request are larger than is read",
      })
  void whatIsNoHttpIsAnsweredInJson(String kind, int status, String error) throws IOException {
    serve();
    String head =
        switch (kind) {
          case "LINE" -> "GET /" + "x".repeat(5000) + " HTTP/1.1\r\nhost: a\r\n\r\n";
          case "HEADERS" -> "GET / HTTP/1.1\r\nhost: a\r\na: " + "x".repeat(9000) + "\r\n\r\n";
          default -> "GET / HTTP/1.1\r\nhost: a\r\n a b\u0001: c\r\n\r\n";
        };
    String answer = raw(head);
    assertTrue(answer.matches("(?s)HTTP/1\\.[01] " + status + " .*"), answer);
    assertTrue(answer.endsWith("{\"error\":\"" + error + "\"}"), answer);
  }

  /** What the worker says on a connection until the end of a JSON object. */
  private String raw(String head) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", fixture.worker().ports().http())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
      StringBuilder said = new StringBuilder();
      for (int c = 0; c >= 0 && c != '}'; ) {
        c = socket.getInputStream().read();
        said.append((char) c);
      }
      return said.toString();
    }
  }

  @Test
  void largeAnswersArePackedForWhoAcceptsIt() throws IOException {
    serve();
    var accepting = MultiMap.caseInsensitiveMultiMap().set("accept-encoding", "gzip, deflate");
    String small = "/v2/health/live";
    String large = "/v2/models/stats";
    for (String path : new String[] {small, large}) {
      assertNull(get(path).headers().get("content-encoding"), path);
    }
    Reply plain = http.callWith(HttpMethod.GET, small, Buffer.buffer(), accepting);
    assertNull(plain.headers().get("content-encoding"));
    Reply packed = http.callWith(HttpMethod.GET, large, Buffer.buffer(), accepting);
    assertEquals("gzip", packed.headers().get("content-encoding"));
    try (var unpacking = new GZIPInputStream(new ByteArrayInputStream(packed.body().getBytes()))) {
      assertEquals(get(large).json(), new JsonObject(Buffer.buffer(unpacking.readAllBytes())));
    }
  }

  @Test
  void whoAsksWhetherToGoOnIsTold() {
    serve();
    assertEquals(200, http.whenWanted("/v2/models/add/infer", Buffer.buffer(SUM_REQUEST)).status());
  }

  @Test
  void describesItself() {
    serve();
    assertEquals("trawl-worker", get("/v2").json().getString("name"));
    assertTrue(get("/v2").json().getJsonArray("extensions").contains("binary_tensor_data"));
    JsonObject model = get("/v2/models/add").json();
    assertEquals("onnxruntime_onnx", model.getString("platform"));
    assertEquals(new JsonArray().add("1"), model.getJsonArray("versions"));
    assertEquals(
        new JsonObject()
            .put("name", "A")
            .put("datatype", "FP32")
            .put("shape", new JsonArray().add(-1).add(4))
            .encode(),
        model.getJsonArray("inputs").getJsonObject(0).encode());
    assertEquals(model, get("/v2/models/add/versions/1").json());
    JsonObject config = get("/v2/models/add/config").json();
    assertEquals(4, config.getInteger("max_batch_size"));
    assertEquals("TYPE_FP32", config.getJsonArray("input").getJsonObject(0).getString("data_type"));
    assertEquals(
        4, config.getJsonArray("input").getJsonObject(0).getJsonArray("dims").getInteger(0));
  }

  @Test
  void saysWhetherItIsReady() {
    serve();
    assertEquals(200, get("/v2/health/live").status());
    assertEquals(200, get("/v2/health/ready").status());
    assertEquals(200, get("/v2/models/add/ready").status());
    assertEquals(200, get("/v2/models/add/versions/1/ready").status());
    assertEquals(400, get("/v2/models/nope/ready").status());
    assertEquals(400, get("/v2/models/add/versions/3/ready").status());
    assertEquals("Model version not ready", get("/v2/models/nope/ready").error());
  }

  @Test
  void infersFromJson() {
    serve();
    Reply reply = post("/v2/models/add/versions/1/infer", SUM_REQUEST);
    assertEquals(
        """
        {"id":"q1","model_name":"add","model_version":"1",\
        "outputs":[{"name":"SUM","datatype":"FP32","shape":[1,4],"data":[11.0,22.0,33.5,44.0]}]}\
        """,
        reply.body().toString());
    assertEquals("application/json", reply.headers().get("content-type"));
  }

  @Test
  void infersFromBinaryTensors() {
    serve();
    JsonObject header =
        new JsonObject(SUM_REQUEST)
            .put("parameters", new JsonObject().put("binary_data_output", true));
    header.remove("outputs");
    for (int i = 0; i < 2; i++) {
      JsonObject input = header.getJsonArray("inputs").getJsonObject(i);
      input.remove("data");
      input.put("parameters", new JsonObject().put("binary_data_size", 16));
    }
    Buffer json = header.toBuffer();
    Buffer body =
        json.copy()
            .appendBytes(floats(1, 2, 3, 4).toByteArray())
            .appendBytes(floats(10, 20, 30, 40).toByteArray());

    Reply reply =
        http.call(HttpMethod.POST, "/v2/models/add/infer", body, Integer.toString(json.length()));

    int headerBytes = Integer.parseInt(reply.headers().get(JsonInfer.HEADER_LENGTH));
    JsonObject answered = new JsonObject(reply.body().slice(0, headerBytes));
    assertEquals(
        16,
        answered
            .getJsonArray("outputs")
            .getJsonObject(1)
            .getJsonObject("parameters")
            .getInteger("binary_data_size"));
    assertEquals(
        Buffer.buffer(floats(11, 22, 33, 44).concat(floats(-9, -18, -27, -36)).toByteArray()),
        reply.body().slice(headerBytes, reply.body().length()));
  }

  @Test
  void eachOutputSaysForItselfWhetherItIsBinary() {
    serve();
    JsonObject request =
        new JsonObject(SUM_REQUEST)
            .put("parameters", new JsonObject().put("binary_data_output", true))
            .put(
                "outputs",
                new JsonArray(
                    """
                    [ { "name": "DIFFERENCE" },
                      { "name": "SUM", "parameters": { "binary_data": false } } ]
                    """));
    Reply reply = post("/v2/models/add/infer", request.encode());
    int headerBytes = Integer.parseInt(reply.headers().get(JsonInfer.HEADER_LENGTH));
    JsonArray outputs = new JsonObject(reply.body().slice(0, headerBytes)).getJsonArray("outputs");
    assertEquals("DIFFERENCE", outputs.getJsonObject(0).getString("name"));
    assertFalse(outputs.getJsonObject(0).containsKey("data"));
    assertEquals("[11.0,22.0,33.5,44.0]", outputs.getJsonObject(1).getJsonArray("data").encode());
    assertEquals(headerBytes + 16, reply.body().length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "outputs | [{\"name\": \"NOPE\"}] | 400 | unexpected inference output 'NOPE' for model"
            + " 'add'",
        "outputs | [{\"name\": \"SUM\", \"parameters\": {\"shared_memory_region\": \"r\"}}] | 501 |"
            + " output 'SUM': parameter 'shared_memory_region' is not served",
        "parameters | {\"sequence_start\": 3} | 400 | invalid value type for 'sequence_start'",
      })
  void whatIsNotServedIsRefusedByName(String field, String json, int status, String expected) {
    serve();
    String body = new JsonObject(SUM_REQUEST).put(field, Json.decodeValue(json)).encode();
    Reply reply = post("/v2/models/add/infer", body);
    assertEquals(status, reply.status());
    assertTrue(reply.error().contains(expected), reply.error());
  }

  @Test
  void largeBodiesAreReadOffTheEventLoop() {
    fixture
        .repository()
        .model(
            "identity_int64", "backend: \"onnxruntime\" max_batch_size: 1 " + WorkerFixture.LONG);
    fixture.start();
    JsonArray data = new JsonArray();
    for (long i = 0; i < 20_000; i++) {
      data.add(i << 20);
    }
    JsonObject request =
        new JsonObject()
            .put(
                "inputs",
                new JsonArray()
                    .add(
                        new JsonObject()
                            .put("name", "IN")
                            .put("datatype", "INT64")
                            .put("shape", new JsonArray().add(1).add(data.size()))
                            .put("data", data)));
    Reply reply = post("/v2/models/identity_int64/infer", request.encode());
    assertEquals(200, reply.status());
    assertEquals(
        data.encode(),
        reply.json().getJsonArray("outputs").getJsonObject(0).getJsonArray("data").encode());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "FP32 | [NaN,Infinity,-Infinity,3.4028235E38]",
        "FP64 | [NaN,Infinity,-Infinity,1.7976931348623157E308]",
        "INT8 | [-128,127]",
        "UINT64 | [0,18446744073709551615]",
        "BYTES | [\"\uD83D\uDE00\",\"a\\u0000b\"]",
      })
  void whatIsPrintedIsAccepted(String type, String data) {
    assertEquals(200, identity(type, data).status());
    String printed = identity(type, data).body().toString();
    assertTrue(printed.endsWith("\"data\":" + data + "}]}"), printed);
  }

  private Reply identity(String type, String data) {
    String model = "identity_" + type.toLowerCase(Locale.ROOT);
    if (!started) {
      fixture.repository().model(model, "backend: \"onnxruntime\"");
      fixture.start();
      started = true;
    }
    return post(
        "/v2/models/" + model + "/infer",
        "{\"inputs\":[{\"name\":\"IN\",\"datatype\":\"%s\",\"shape\":[1,%d],\"data\":%s}]}"
            .formatted(type, data.chars().filter(c -> c == ',').count() + 1, data));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "FP32 | [0,1e39] | input 'IN'[1]: 1.0E39 does not fit FP32",
        "FP32 | [-1e400] | input 'IN'[0]: -1E+400 does not fit FP32",
        "FP64 | [1e99999999999] | exponent is beyond any type",
        "FP64 | [1e400] | input 'IN'[0]: 1E+400 does not fit FP64",
        "INT8 | [1000] | input 'IN'[0]: 1000 does not fit INT8",
        "INT64 | [0,NaN] | input 'IN'[1]: NaN does not fit INT64",
        "UINT8 | [Infinity] | input 'IN'[0]: Infinity does not fit UINT8",
        "BOOL | [NaN] | input 'IN' is BOOL, but [0] of its data is not a boolean: NaN",
        "FP32 | [\"NaN\"] | input 'IN' is FP32, but [0] of its data is not a number: \"NaN\"",
        "FP32 | [\"1\"] | input 'IN' is FP32, but [0] of its data is not a number: \"1\"",
        "BYTES | [null] | input 'IN' is BYTES, but [0] of its data is not a string: null",
        "BYTES | [\"a\",null] | input 'IN' is BYTES, but [1] of its data is not a string: null",
        "FP32 | [INF] | found \"INF",
        "FP32 | [+INF] | found \"+INF\"; a number without digits is NaN, Infinity or -Infinity",
        "FP32 | [-INF] | found \"-INF\"; a number without digits is NaN, Infinity or -Infinity",
        "FP32 | [+Infinity] | found \"+Infinity\"; a number without digits is NaN",
        "BYTES | [\"\\ud83d\"] | input 'IN'[0]: half a surrogate pair does not fit BYTES",
        "FP32 | [nan] | not JSON at line 1, column 65: found \"nan]}]}\"",
      })
  void whatATypeCannotHoldIsRefused(String type, String data, String expected) {
    Reply refused = identity(type, data);
    assertEquals(400, refused.status());
    assertTrue(refused.error().contains(expected), refused.error());
    MalformedJson.assertOurWords(refused.error());
  }

  /** The library bounds more than the size of a body, and names its own options for all of it. */
  @Test
  void whatTheJsonLibraryRefusesIsSaidWithoutItsOptions() {
    fixture.start();
    Map<String, String> refusals =
        Map.of(
            "{\"a\":1" + "0".repeat(5000) + "}",
            ": is a number of more than 1000 characters",
            "{\"a\":".repeat(2000),
            ": is nested more than 1000 deep",
            "{\"" + "x".repeat(100_000) + "\":1}",
            ": has a name of more than 50000 characters",
            "{\"a\":[",
            ": not JSON at line 1, column 7: found the end",
            "{\"a\":+1}",
            ": not JSON at line 1, column 7: found");
    refusals.forEach(
        (body, expected) -> {
          Reply refused = post("/v2/models/identity_fp32/infer", body);
          assertEquals(400, refused.status());
          assertTrue(refused.error().contains(expected), refused.error());
          assertFalse(refused.error().contains("`"), refused.error());
        });
  }

  @ParameterizedTest
  @MethodSource("io.trawl.workers.testkit.attack.MalformedJson#texts")
  void malformedJsonIsRefusedInOurWords(String text) {
    serve();
    for (String path : List.of("/v2/models/add/infer", "/v2/repository/models/add/unload")) {
      Reply refused = post(path, text);
      assertEquals(400, refused.status());
      MalformedJson.assertOurWords(refused.error());
    }
  }

  /** Bytes that are no text have no JSON form; raw they come as they are. */
  @Test
  void textsThatAreNoneAreNotAnsweredAsJson() {
    fixture.repository().model("code_text", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.start();
    String asked =
        "{\"inputs\":[{\"name\":\"IN\",\"datatype\":\"INT64\",\"shape\":[2,1],\"data\":[1,3]}]}";
    Reply refused = post("/v2/models/code_text/infer", asked);
    assertEquals(400, refused.status());
    assertEquals("output 'OUT'[1] is not UTF-8: ask for it as binary data", refused.error());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{ | failed to parse the request JSON buffer",
        "[] | failed to parse the request JSON buffer",
        "{} | field 'inputs' is missing",
        "{\"inputs\": 3} | 'inputs' must be an array, got 3",
        "{\"inputs\": [1]} | 'inputs' must be an object, got 1",
        "{\"inputs\": [{\"datatype\": \"FP32\", \"shape\": [1]}]} | field 'name' is missing",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"FP32\", \"shape\": [1.5]}]} | must be a"
            + " whole number",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"FP32\", \"shape\": [null]}]} | must be a"
            + " whole number",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"FP99\", \"shape\": [1], \"data\": []}]} |"
            + " unknown datatype 'FP99'",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"FP32\", \"shape\": [1], \"data\":"
            + " [\"x\"]}]} | is not a number: \"x\"",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"FP32\", \"shape\": [1], \"data\":"
            + " [null]}]} | is not a number: null",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"INT8\", \"shape\": [1], \"data\": [128]}]}"
            + " | 128 does not fit INT8",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"INT64\", \"shape\": [1], \"data\":"
            + " [1e999999999]}]} | does not fit INT64",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"INT64\", \"shape\": [1], \"data\":"
            + " [0.5]}]} | 0.5 does not fit INT64",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"FP16\", \"shape\": [1], \"data\": [1]}]} |"
            + " sending FP16 data via JSON is not supported",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"FP32\", \"shape\": [1], \"parameters\":"
            + " {\"binary_data_size\": 99}}]} | binary_data_size 99, but 0 bytes are left",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"FP32\", \"shape\": [1], \"parameters\":"
            + " {\"binary_data_size\": 99999999999}}]} | 'binary_data_size' must be a whole number"
            + " from 0 to 2147483647, got 99999999999",
        "{\"inputs\": [{\"name\": \"A\", \"datatype\": \"FP32\", \"shape\": [1], \"parameters\":"
            + " {\"binary_data_size\": 4.5}}]} | must be a whole number from 0 to 2147483647, got"
            + " 4.5",
        "{\"parameters\": {\"x\": [1]}, \"inputs\": []} | parameter 'x' has unsupported value",
        "{\"inputs\": []} | expected 2 inputs but got 0 inputs for model 'add'",
      })
  void badRequestsAreTyped(String body, String expected) {
    serve();
    Reply reply = post("/v2/models/add/infer", body);
    assertEquals(400, reply.status());
    assertTrue(reply.error().contains(expected), reply.error());
    assertEquals(200, post("/v2/models/add/infer", SUM_REQUEST).status());
  }

  /**
   * JSON is UTF-8: what begins like another encoding, a broken one too, is not looked at as that.
   */
  @ParameterizedTest
  @ValueSource(strings = {"0000007b73738000", "7b00000000000000", "00007b0000000000", "7bff", "c3"})
  void aBodyThatIsNoUtf8JsonIsTyped(String hex) {
    serve();
    Buffer body = Buffer.buffer(HexFormat.of().parseHex(hex));
    for (String path : List.of("/v2/models/add/infer", "/v2/repository/models/add/unload")) {
      Reply reply = http.call(HttpMethod.POST, path, body, null);
      assertEquals(400, reply.status(), path);
      assertTrue(reply.error().contains("JSON"), reply.error());
    }
  }

  /** Wherever it stands: alone, in a text, after the object, beyond what is decoded at once. */
  @ParameterizedTest
  @ValueSource(strings = {"c3", "7bff", "7b2261c322", "7b7dff", "7b7dc3", "LONG"})
  void whatIsNoUtf8IsNamedAsThat(String hex) {
    serve();
    String whole = hex.equals("LONG") ? "7b7d" + "20".repeat(50_000) + "c3" : hex;
    Buffer body = Buffer.buffer(HexFormat.of().parseHex(whole));
    Reply reply = http.call(HttpMethod.POST, "/v2/models/add/infer", body, null);
    assertEquals(400, reply.status());
    assertEquals("failed to parse the request JSON buffer: it is not UTF-8", reply.error());
  }

  @Test
  void commentsInJsonArePassedOver() {
    serve();
    assertEquals(200, post("/v2/models/add/infer", "/* a */" + SUM_REQUEST + "// b").status());
  }

  @Test
  void otherMistakesAreTypedToo() {
    serve();
    assertEquals(404, get("/v1/nothing").status());
    assertEquals(404, get("/v2/models/").status());
    Reply read = get("/v2/models/add/infer");
    assertEquals(405, read.status());
    assertEquals("GET is not served at /v2/models/add/infer; expected POST", read.error());
    assertEquals(405, post("/v2/models/add", "").status());
    assertEquals("Request for unknown model: 'a b' is not found", get("/v2/models/a%20b").error());
    assertEquals(400, get("/v2/models/a%zz").status());
    assertEquals(404, get("/v2/models/add/versions/x").status());
    assertEquals(404, post("/v2/models/add/versions/1x/infer", SUM_REQUEST).status());
    Reply large = post("/v2/models/add/infer", " ".repeat((1 << 16) + 1));
    assertEquals(413, large.status());
    assertEquals("request is larger than 65536 bytes", large.error());
    Reply header = http.call(HttpMethod.POST, "/v2/models/add/infer", Buffer.buffer("{}"), "3");
    assertTrue(header.error().contains("expected 0 to the body's length, 2"), header.error());
  }

  @Test
  void theMetricsPortSaysWhatItServes() {
    serve();
    Reply elsewhere = http.callMetricsPort(HttpMethod.GET, "/v2");
    assertEquals(404, elsewhere.status());
    assertEquals("no such path: /v2; expected /metrics", elsewhere.error());
    Reply written = http.callMetricsPort(HttpMethod.POST, "/metrics");
    assertEquals(405, written.status());
    assertEquals("POST is not served at /metrics; expected GET", written.error());
  }

  @Test
  void metricsAreOnTheirOwnPort() {
    serve();
    post("/v2/models/add/infer", SUM_REQUEST);
    assertEquals(404, get("/metrics").status());
    String page = fixture.metrics();
    for (String line :
        new String[] {
          "# TYPE nv_inference_request_success counter",
          "nv_inference_request_success{model=\"add\",version=\"1\"} 1",
          "nv_inference_request_failure{model=\"add\",version=\"1\",reason=\"OTHER\"} 0",
          "nv_inference_exec_count{model=\"add\",version=\"1\"} 1",
          "# TYPE nv_inference_pending_request_count gauge",
          "# TYPE nv_cpu_memory_total_bytes gauge",
          "trawl_worker_versions{state=\"READY\"} 1",
          "trawl_worker_model_loads_total{outcome=\"loaded\"} 1",
          "trawl_worker_retiring_versions 0",
          "trawl_worker_open_streams 0",
        }) {
      assertTrue(page.contains(line + "\n"), () -> line + " is not in\n" + page);
    }
  }

  /** Dashboards made for Triton read these: its names, types and labels, to the letter. */
  @Test
  void everyMetricHasItsNameTypeAndLabels() {
    serve();
    post("/v2/models/add/infer", SUM_REQUEST);
    String model = "{model=\"add\",version=\"1\"}";
    assertEquals(
        """
        counter nv_inference_request_success M
        counter nv_inference_request_failure {model="add",version="1",reason="REJECTED"}
        nv_inference_request_failure {model="add",version="1",reason="CANCELED"}
        nv_inference_request_failure {model="add",version="1",reason="BACKEND"}
        nv_inference_request_failure {model="add",version="1",reason="OTHER"}
        counter nv_inference_count M
        counter nv_inference_exec_count M
        counter nv_inference_request_duration_us M
        counter nv_inference_queue_duration_us M
        counter nv_inference_compute_input_duration_us M
        counter nv_inference_compute_infer_duration_us M
        counter nv_inference_compute_output_duration_us M
        gauge nv_inference_pending_request_count M
        gauge nv_cpu_utilization
        gauge nv_cpu_memory_total_bytes
        gauge nv_cpu_memory_used_bytes
        counter trawl_worker_reruns_total M
        counter trawl_worker_runs_stopped_total M
        gauge trawl_worker_stuck_runs M
        gauge trawl_worker_versions {state="READY"}
        counter trawl_worker_model_loads_total {outcome="loaded"}
        trawl_worker_model_loads_total {outcome="failed"}
        counter trawl_worker_model_unloads_total
        counter trawl_worker_models_forgotten_total
        gauge trawl_worker_retiring_versions
        gauge trawl_worker_open_streams
        gauge trawl_memory_held_bytes
        gauge trawl_memory_max_bytes
        counter trawl_memory_dropped_total
        counter trawl_memory_refused_total
        gauge trawl_reads_waiting
        counter trawl_reads_refused_total
        counter trawl_reads_dropped_total
        counter trawl_too_slow_total {what="head"}
        trawl_too_slow_total {what="body"}
        trawl_too_slow_total {what="idle"}
        trawl_too_slow_total {what="answer"}
        counter trawl_calls_abandoned_total
        counter trawl_calls_refused_total
        gauge trawl_streams
        counter trawl_streams_refused_total
        counter trawl_log_dropped_total {reason="full"}
        trawl_log_dropped_total {reason="rate"}
        gauge trawl_worker_heap_used_bytes
        """
            .replace("M\n", model + "\n"),
        fixture
            .metrics()
            .replaceAll("# HELP .*\n", "")
            .replaceAll("# TYPE (\\S+) (\\S+)\n(?=\\1[{ ])", "$2 ")
            .replaceAll(" [0-9.E-]+\n", "\n")
            .replace("{", " {"));
  }
}
