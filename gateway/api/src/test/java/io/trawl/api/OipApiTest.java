package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.trawl.api.Gateway.GrpcAnswer;
import io.trawl.api.codec.Decoded;
import io.trawl.api.oip.OipReader;
import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.Filter;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.api.v1.User;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelConfigResponse;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelStatisticsRequest;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.ProtoJson;
import io.trawl.workers.testkit.attack.MalformedJson;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A client of the Open Inference Protocol asks the pipeline as it asks any model: it gets what the
 * plain API answers, in tensors, and is told of its own tensors what is wrong with them.
 */
class OipApiTest {

  private final Gateway gateway = new Gateway();

  @AfterEach
  void stop() {
    gateway.close();
  }

  private static ModelInferRequest.Builder ask() {
    return ModelInferRequest.newBuilder().setModelName("trawl");
  }

  private static InferInputTensor bytes(String name, String... elements) {
    var contents = InferTensorContents.newBuilder();
    Arrays.stream(elements).map(ByteString::copyFromUtf8).forEach(contents::addBytesContents);
    return input(name, "BYTES", elements.length).setContents(contents).build();
  }

  private static InferInputTensor.Builder input(String name, String datatype, long size) {
    return InferInputTensor.newBuilder().setName(name).setDatatype(datatype).addShape(size);
  }

  private static InferInputTensor k(int k) {
    return input("k", "INT32", 1)
        .setContents(InferTensorContents.newBuilder().addIntContents(k))
        .build();
  }

  private GrpcAnswer call(String rpc, Message message) {
    return gateway.call("/inference.GRPCInferenceService/" + rpc, message);
  }

  private ModelInferResponse infer(ModelInferRequest.Builder asked) {
    var answer = call("ModelInfer", asked.build());
    assertEquals("0", answer.code(), answer.message());
    try {
      return ModelInferResponse.parseFrom(answer.body());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static ByteString raw(ModelInferResponse answer, String output) {
    for (int i = 0; i < answer.getOutputsCount(); i++) {
      if (answer.getOutputs(i).getName().equals(output)) {
        return answer.getRawOutputContents(i);
      }
    }
    throw new AssertionError("no " + output + " in " + answer);
  }

  private static List<String> texts(ModelInferResponse answer, String output) {
    return BytesTensors.elements(raw(answer, output)).stream()
        .map(ByteString::toStringUtf8)
        .toList();
  }

  @Test
  void tensorsBecomeTheRequestThatTheyMean() throws Exception {
    var given =
        ask()
            .setId("r-1")
            .addInputs(bytes("objective", "next-item", "search"))
            .addInputs(bytes("text", "", "灯"))
            .addInputs(bytes("user_id", "u1"))
            .addInputs(bytes("history_items", "i1", "i2"))
            .addInputs(bytes("history_actions", "click", ""))
            .addInputs(
                input("history_times", "INT64", 2)
                    .setContents(
                        InferTensorContents.newBuilder()
                            .addInt64Contents(1_700_000_000)
                            .addInt64Contents(-1)))
            .addInputs(k(3))
            .addInputs(bytes("excluded_items", "i9"))
            .addInputs(
                input("exclude_history", "BOOL", 1)
                    .setContents(InferTensorContents.newBuilder().addBoolContents(true)))
            .addInputs(
                bytes("filter", "{\"equal\": {\"attribute\": \"brand\", \"value\": \"Acme\"}}"))
            .putParameters("deadline_ms", InferParameter.newBuilder().setInt64Param(5000).build());
    var expected =
        RetrieveRequest.newBuilder()
            .setRequestId("r-1")
            .addObjectives(ObjectiveRequest.newBuilder().setName("next-item"))
            .addObjectives(ObjectiveRequest.newBuilder().setName("search").setText("灯"))
            .setUser(
                User.newBuilder()
                    .setId("u1")
                    .addHistory(
                        Behaviour.newBuilder()
                            .setItem("i1")
                            .setAction("click")
                            .setTime(1_700_000_000))
                    .addHistory(Behaviour.newBuilder().setItem("i2")))
            .setK(3)
            .addExcludedItems("i9")
            .setExcludeHistory(true)
            .setFilter(
                Filter.newBuilder()
                    .setEqual(
                        Filter.Equal.newBuilder()
                            .setAttribute("brand")
                            .setValue(Value.newBuilder().setStringValue("Acme"))))
            .setDeadlineMs(5000)
            .build();
    assertEquals(new Decoded.Legible<>(expected), OipReader.read(given.build(), 5));

    var plain = RetrieveResponse.parseFrom(gateway.call("Retrieve", expected).body());
    var answer = infer(given);
    assertEquals("r-1", answer.getId());
    assertEquals("3", answer.getModelVersion());
    assertEquals(
        plain.getListsList().stream()
            .flatMap(list -> list.getItemsList().stream())
            .map(item -> item.getId())
            .toList(),
        texts(answer, "item_ids"));
    assertEquals(List.of(2L, 3L), answer.getOutputs(0).getShapeList());
    var scores = raw(answer, "scores").asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(plain.getLists(0).getItems(1).getScore(), scores.getFloat(4));
    var whole = RetrieveResponse.newBuilder();
    JsonFormat.parser().merge(texts(answer, "answer").getFirst(), whole);
    assertEquals(plain, whole.build());
  }

  @Test
  void aWholeRequestIsJsonInOneTensor() {
    var answer =
        infer(
            ask()
                .addInputs(
                    bytes("request", "{\"objectives\": [{\"name\": \"next-item\"}], \"k\": 2}"))
                .addOutputs(
                    ModelInferRequest.InferRequestedOutputTensor.newBuilder().setName("counts")));
    assertEquals(1, answer.getOutputsCount());
    assertArrayEquals(new byte[] {2, 0, 0, 0}, raw(answer, "counts").toByteArray());
  }

  @Test
  void rawContentsSayTheSameAsTypedOnes() {
    var raw =
        ask()
            .setId("r-1")
            .addInputs(input("objective", "BYTES", 1))
            .addInputs(input("k", "INT32", 1))
            .addRawInputContents(BytesTensors.encode(List.of(ByteString.copyFromUtf8("next-item"))))
            .addRawInputContents(ByteString.copyFrom(new byte[] {2, 0, 0, 0}));
    assertEquals(
        infer(ask().setId("r-1").addInputs(bytes("objective", "next-item")).addInputs(k(2))),
        infer(raw));
  }

  private void assertRefused(ModelInferRequest.Builder asked, String... errors) {
    var answer = call("ModelInfer", asked.build());
    assertEquals("3", answer.code(), answer.message());
    assertEquals(List.of(errors), answer.errors());
  }

  @Test
  void whatIsWrongIsSaidOfTheTensor() {
    assertRefused(
        ask().addInputs(bytes("objective", "next-item", "nope")),
        "objective[1]: is \"nope\"; expected one of next-item, search");
    assertRefused(
        ask().addInputs(bytes("objective", "next-item")).addInputs(k(101)),
        "k: is 101; expected 1 to 100");
    assertRefused(
        ask().addInputs(bytes("objective", "next-item")).addInputs(bytes("k", "5")),
        "k: is \"BYTES\"; expected INT32");
    assertRefused(
        ask()
            .addInputs(bytes("objective", "next-item"))
            .addInputs(bytes("history_items", "a", "b"))
            .addInputs(bytes("history_actions", "click")),
        "history_actions: holds 1 elements; expected 2, as many as history_items");
    assertRefused(
        ask().addInputs(bytes("objective", "next-item")).addInputs(bytes("history_items", "")),
        "history_items[0]: is empty; expected a text");
    assertRefused(
        ask().addInputs(bytes("request", "{\"k\": 1}")).addInputs(bytes("objective", "next-item")),
        "request: is given with others; expected it alone");
    assertRefused(
        ask().addInputs(bytes("request", "{\"kk\": 1}")),
        "request.kk: is not a field here; did you mean k?");
    assertRefused(
        ask()
            .addInputs(bytes("objective", "next-item"))
            .putParameters("timeout", InferParameter.newBuilder().setInt64Param(5).build()),
        "parameters: holds \"timeout\"; expected deadline_ms alone");
    assertRefused(
        ask().addInputs(input("objective", "BYTES", 2)).addRawInputContents(ByteString.EMPTY),
        "objective: holds 0 elements; expected 2 by its shape");
    assertRefused(
        ask()
            .addInputs(input("k", "INT32", 1))
            .addRawInputContents(ByteString.copyFrom(new byte[] {1, 2})),
        "k: has 2 bytes; expected 4 by its shape");
  }

  @Test
  void otherEndingsAreThoseOfTheApi() {
    gateway.retriever.endWith(new RetrievalOutcome.Shed("full", Duration.ofSeconds(1)));
    var shed = call("ModelInfer", ask().addInputs(bytes("objective", "next-item")).build());
    assertEquals("8", shed.code());
    var unknown = ModelMetadataRequest.newBuilder().setName("nope").build();
    assertEquals("5", call("ModelMetadata", unknown).code());
    var older = ModelMetadataRequest.newBuilder().setName("trawl").setVersion("2").build();
    assertEquals("5", call("ModelMetadata", older).code());
    assertEquals("12", call("ModelStatistics", ModelStatisticsRequest.getDefaultInstance()).code());
    var counted =
        gateway
            .registry
            .get("trawl.requests")
            .tags("protocol", "oip", "method", "model_infer", "outcome", "shed")
            .counter();
    assertEquals(1, counted.count());
  }

  @Test
  void bothPortsDescribeTheSameModel() throws Exception {
    var name = ModelMetadataRequest.newBuilder().setName("trawl").build();
    var metadata = ModelMetadataResponse.parseFrom(call("ModelMetadata", name).body());
    assertEquals(List.of("3"), metadata.getVersionsList());
    assertEquals(ProtoJson.of(metadata), gateway.get("/v2/models/trawl").json());
    assertEquals(ProtoJson.of(metadata), gateway.get("/v2/models/trawl/versions/3").json());
    var asked = ModelConfigRequest.newBuilder().setName("trawl").build();
    var config = ModelConfigResponse.parseFrom(call("ModelConfig", asked).body()).getConfig();
    assertEquals(ProtoJson.of(config), gateway.get("/v2/models/trawl/config").json());
    assertEquals(200, gateway.get("/v2/health/live").status());
    assertEquals(200, gateway.get("/v2/health/ready").status());
    assertEquals(200, gateway.get("/v2/models/trawl/ready").status());
    assertEquals("trawl", gateway.get("/v2").json().getString("name"));
    assertEquals(404, gateway.get("/v2/models/nope").status());
    assertEquals(404, gateway.get("/v2/models/trawl/stats").status());
    assertEquals(405, gateway.get("/v2/models/trawl/infer").status());
  }

  @Test
  void httpBringsJsonAndBinaryTensors() {
    var objective =
        new JsonObject()
            .put("name", "objective")
            .put("datatype", "BYTES")
            .put("shape", new JsonArray().add(1));
    var inJson = new JsonObject().put("id", "r-7");
    inJson.put(
        "inputs",
        new JsonArray().add(objective.copy().put("data", new JsonArray().add("next-item"))));
    var answer = post(inJson.encode().getBytes(StandardCharsets.UTF_8), Map.of());
    assertEquals(200, answer.status(), answer.text());
    assertEquals("r-7", answer.json().getString("id"));
    var ids = answer.json().getJsonArray("outputs").getJsonObject(0);
    assertEquals("item_ids", ids.getString("name"));
    assertEquals("item-0", ids.getJsonArray("data").getString(0));

    var data = BytesTensors.encode(List.of(ByteString.copyFromUtf8("next-item")));
    var size = new JsonObject().put("binary_data_size", data.size());
    var head =
        new JsonObject()
            .put("parameters", new JsonObject().put("binary_data_output", true))
            .put("inputs", new JsonArray().add(objective.copy().put("parameters", size)))
            .encode()
            .getBytes(StandardCharsets.UTF_8);
    var body = ByteBuffer.allocate(head.length + data.size()).put(head).put(data.toByteArray());
    var length = "Inference-Header-Content-Length";
    var binary = post(body.array(), Map.of(length, Integer.toString(head.length)));
    assertEquals(200, binary.status(), binary.text());
    int json = Integer.parseInt(binary.header(length));
    var outputs =
        new JsonObject(new String(binary.body(), 0, json, StandardCharsets.UTF_8))
            .getJsonArray("outputs");
    assertEquals("counts", outputs.getJsonObject(3).getString("name"));
    assertTrue(binary.body().length > json);

    var wrong = post("{\"inputs\": 3}".getBytes(StandardCharsets.UTF_8), Map.of());
    assertEquals(400, wrong.status());
    assertTrue(wrong.json().getString("error").contains("'inputs' must be an array"));
  }

  @ParameterizedTest
  @MethodSource("io.trawl.workers.testkit.attack.MalformedJson#texts")
  void malformedJsonIsRefusedInOurWords(String text) {
    var answer = post(text.getBytes(StandardCharsets.UTF_8), Map.of());
    assertTrue(answer.status() == 400 || answer.status() == 413, answer.text());
    MalformedJson.assertOurWords(answer.json().getString("error"));
  }

  /** Not the text "null". */
  @ParameterizedTest
  @ValueSource(strings = {"objective", "history_actions", "user_id", "request"})
  void nullIsNoText(String input) {
    var asked =
        "{\"inputs\":[{\"name\":\"%s\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[null]}]}"
            .formatted(input);
    var refused = post(asked.getBytes(StandardCharsets.UTF_8), Map.of());
    assertEquals(400, refused.status());
    var why = refused.json().getString("error");
    var expected = "input '" + input + "' is BYTES, but [0] of its data is not a string: null";
    assertTrue(why.contains(expected), why);
  }

  private Gateway.Answer post(byte[] body, Map<String, String> headers) {
    return gateway.send("POST", "/v2/models/trawl/infer", body, headers);
  }
}
