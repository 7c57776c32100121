package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.ListValue;
import com.google.protobuf.Value;
import io.trawl.api.check.Violations;
import io.trawl.api.codec.Decoded;
import io.trawl.api.codec.JsonDecoder;
import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.Engine;
import io.trawl.api.v1.Filter;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.User;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Violation;
import io.trawl.workers.testkit.attack.MalformedJson;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a caller sends, it gets a typed answer that names the field, the same over both
 * protocols, and the next good request is served.
 */
class BadInputTest {

  private static Gateway gateway;

  @BeforeAll
  static void start() {
    gateway = new Gateway();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static final String GOOD = "\"objectives\":[{\"name\":\"next-item\"}]";

  /** JSON and protobuf of the same wrong request, and what both must say of it. */
  static Stream<Arguments> wrongInBoth() {
    return Stream.of(
        both("{}", empty(), "objectives: is empty; expected 1 to 3 objectives"),
        both(
            "{\"objectives\":[{\"name\":\"no-such\"}]}",
            empty().addObjectives(objective("no-such")),
            "objectives[0].name: is \"no-such\"; expected one of next-item, search"),
        both(
            "{\"objectives\":[{\"name\":\"next-item\"},{\"text\":\"shoes\"}]}",
            good().addObjectives(ObjectiveRequest.newBuilder().setText("shoes")),
            "objectives[1].name: is empty; expected a text"),
        both(
            "{\"objectives\":[" + repeat("{\"name\":\"next-item\"}", 4) + "]}",
            empty().addAllObjectives(Collections.nCopies(4, objective("next-item"))),
            "objectives: has 4 objectives; expected at most 3"),
        both(
            "{\"objectives\":[{\"name\":\"next-item\",\"legs\":\"both\"}]}",
            empty().addObjectives(objective("next-item").toBuilder().setLegs("both")),
            "objectives[0].legs: is \"both\"; expected dense or lexical"),
        both("{" + GOOD + ",\"k\":0}", good().setK(0), "k: is 0; expected 1 to 100"),
        both("{" + GOOD + ",\"k\":-1}", good().setK(-1), "k: is -1; expected 1 to 100"),
        both("{" + GOOD + ",\"k\":101}", good().setK(101), "k: is 101; expected 1 to 100"),
        both(
            "{" + GOOD + ",\"user\":{\"history\":[" + repeat("{\"item\":\"a\"}", 21) + "]}}",
            good()
                .setUser(
                    User.newBuilder()
                        .addAllHistory(
                            Collections.nCopies(21, Behaviour.newBuilder().setItem("a").build()))),
            "user.history: has 21 behaviours; expected at most 20"),
        both(
            "{" + GOOD + ",\"user\":{\"history\":[{\"item\":\"a\"},{\"action\":\"click\"}]}}",
            good()
                .setUser(
                    User.newBuilder()
                        .addHistory(Behaviour.newBuilder().setItem("a"))
                        .addHistory(Behaviour.newBuilder().setAction("click"))),
            "user.history[1].item: is empty; expected a text"),
        both(
            "{" + GOOD + ",\"user\":{\"history\":[{\"item\":\"a\",\"time\":1700000000000}]}}",
            good()
                .setUser(
                    User.newBuilder()
                        .addHistory(Behaviour.newBuilder().setItem("a").setTime(1700000000000L))),
            "user.history[0].time: is 1700000000000, which looks like milliseconds; expected"
                + " whole seconds since 1970, 0 to 253402300799"),
        both(
            "{" + GOOD + ",\"user\":{\"id\":\"" + "u".repeat(33) + "\"}}",
            good().setUser(User.newBuilder().setId("u".repeat(33))),
            "user.id: has 33 characters; expected at most 32"),
        both(
            "{" + GOOD + ",\"user\":{\"profile\":{\"age\":\"" + "9".repeat(65) + "\"}}}",
            good().setUser(User.newBuilder().putProfile("age", "9".repeat(65))),
            "user.profile[\"age\"]: has 65 characters; expected at most 64"),
        both(
            "{" + GOOD + ",\"excluded_items\":[\"a\",\"\"]}",
            good().addExcludedItems("a").addExcludedItems(""),
            "excluded_items[1]: is empty; expected a text"),
        both(
            "{" + GOOD + ",\"excluded_items\":[" + repeat("\"a\"", 6) + "]}",
            good().addAllExcludedItems(Collections.nCopies(6, "a")),
            "excluded_items: has 6 ids; expected at most 5"),
        both(
            "{" + GOOD + ",\"deadline_ms\":60001}",
            good().setDeadlineMs(60_001),
            "deadline_ms: is 60001; expected 0 to 60000"),
        both(
            "{" + GOOD + ",\"engine\":{\"rounds\":9,\"sample\":0,\"seed\":9007199254740992}}",
            good()
                .setEngine(
                    Engine.newBuilder().setRounds(9).setSample(0).setSeed(9007199254740992L)),
            "engine.rounds: is 9; expected 1 to 8",
            "engine.sample: is 0; expected 1 to 1000",
            "engine.seed: is 9007199254740992; expected -9007199254740991 to 9007199254740991"),
        both(
            "{" + GOOD + ",\"engine\":{\"engine\":\"Exact\"}}",
            good().setEngine(Engine.newBuilder().setEngine("Exact")),
            "engine.engine: is \"Exact\"; expected exact or explore or milvus"),
        both(
            "{" + GOOD + ",\"request_id\":\"a b\"}",
            good().setRequestId("a b"),
            "request_id: is \"a b\"; expected 1 to 128 of the characters A-Z a-z 0-9 . _ : / + ="
                + " @ -"),
        both(
            "{" + GOOD + ",\"filter\":{}}",
            good().setFilter(Filter.getDefaultInstance()),
            "filter: has no condition; expected exactly one of equal, in, range, all, any, not"),
        both(
            "{" + GOOD + ",\"filter\":{\"all\":[{\"range\":{\"attribute\":\"price\"}}]}}",
            good()
                .setFilter(
                    Filter.newBuilder()
                        .addAll(
                            Filter.newBuilder()
                                .setRange(Filter.Range.newBuilder().setAttribute("price")))),
            "filter.all[0].range: has no bound; expected at_least, at_most or both"),
        both(
            "{"
                + GOOD
                + ",\"filter\":{\"not\":{\"equal\":{\"value\":\"x\"}},"
                + "\"in\":{\"attribute\":\"a\",\"values\":[1]}}}",
            good()
                .setFilter(
                    Filter.newBuilder()
                        .setNot(Filter.newBuilder().setEqual(Filter.Equal.getDefaultInstance()))
                        .setIn(Filter.In.newBuilder().setAttribute("a").addValues(number(1)))),
            "filter: has in and not; expected exactly one of equal, in, range, all, any, not"),
        both(
            "{" + GOOD + ",\"filter\":{\"equal\":{\"attribute\":\"brand\"}}}",
            good()
                .setFilter(
                    Filter.newBuilder().setEqual(Filter.Equal.newBuilder().setAttribute("brand"))),
            "filter.equal.value: is missing; expected a text, a number, or true or false"),
        both(
            "{" + GOOD + ",\"filter\":{\"equal\":{\"attribute\":\"brand\",\"value\":[]}}}",
            good()
                .setFilter(
                    Filter.newBuilder()
                        .setEqual(
                            Filter.Equal.newBuilder()
                                .setAttribute("brand")
                                .setValue(
                                    Value.newBuilder()
                                        .setListValue(ListValue.getDefaultInstance())))),
            "filter.equal.value: is a list; expected a text, a number, or true or false"),
        both(
            "{" + GOOD + ",\"filter\":{\"not\":{\"not\":{\"not\":{\"not\":{}}}}}}",
            good().setFilter(not(not(not(not(Filter.getDefaultInstance()))))),
            "filter.not.not.not.not: is nested 5 deep; expected at most 4"),
        both(
            "{" + GOOD + ",\"filter\":{\"any\":[" + repeat(EQUAL_JSON, 8) + "]}}",
            good().setFilter(Filter.newBuilder().addAllAny(Collections.nCopies(8, EQUAL))),
            "filter: has more than 8 conditions"));
  }

  private static final String NO_FIELD =
      "; expected one of "
          + RetrieveRequest.getDescriptor().getFields().stream()
              .map(FieldDescriptor::getName)
              .collect(Collectors.joining(", "));

  private static final String EQUAL_JSON = "{\"equal\":{\"attribute\":\"a\",\"value\":1}}";
  private static final Filter EQUAL =
      Filter.newBuilder()
          .setEqual(Filter.Equal.newBuilder().setAttribute("a").setValue(number(1)))
          .build();

  @ParameterizedTest
  @MethodSource("wrongInBoth")
  void bothProtocolsNameTheField(String json, RetrieveRequest message, List<String> expected) {
    var overHttp = gateway.post(json);
    assertEquals(400, overHttp.status(), overHttp.text());
    assertEquals("application/problem+json", overHttp.header("content-type"));
    assertEquals(expected, overHttp.errors());

    var overGrpc = gateway.call("Retrieve", message);
    assertEquals("3", overGrpc.code(), overGrpc.message());
    assertEquals(expected, overGrpc.errors());
    assertTrue(overGrpc.message().contains(expected.getFirst()), overGrpc.message());

    assertServes();
  }

  /** Wrong as JSON only. */
  static Stream<Arguments> wrongJson() {
    return Stream.of(
        json("", ": the body is empty; expected a JSON object"),
        json("  \n", ": the body is empty; expected a JSON object"),
        json("[]", ": is a list; expected a JSON object"),
        json("[{" + GOOD + "}]", ": is a list; expected a JSON object"),
        json("\"x\"", ": is the text \"x\"; expected a JSON object"),
        json("null", ": is null; expected a JSON object"),
        json("{" + GOOD + "} {}", ": has more after the end of its JSON object; expected nothing"),
        json("{" + GOOD + "}]", ": not JSON at line 1, column 38: found \"]\""),
        json("{" + GOOD + ",\"k\":}", ": not JSON at line 1, column 42: found \"}\""),
        json("{" + GOOD + "}x", ": not JSON at line 1, column 38: found \"x\""),
        json("{" + GOOD + ",\"k\":tru}", ": not JSON at line 1, column 42: found \"tru}\""),
        json("{" + GOOD, ": not JSON at line 1, column 37: found the end"),
        json("{\"k\": 1,\n \"k\"; 2}", ": not JSON at line 2, column 5: found \"; 2}\""),
        json("{" + GOOD + ",\"K\":3}", "K: is not a field here; did you mean k?"),
        json("{" + GOOD + ",\"kk\":3}", "kk: is not a field here; did you mean k?"),
        json("{" + GOOD + ",\"nwo\":3}", "nwo: is not a field here; did you mean now?"),
        json("{" + GOOD + ",\"foo\":3}", "foo: is not a field here" + NO_FIELD),
        json("{" + GOOD + ",\"\":3}", ": is not a field here" + NO_FIELD),
        json(
            "{" + GOOD + ",\"request_id\":\"😀\\ud83d\\ude00\\u0007\"}",
            "request_id: is \"😀😀?\"; expected 1 to 128 of the characters A-Z a-z 0-9 . _ : / + ="
                + " @ -"),
        json(
            "{" + GOOD + ",\"exclude_item\":[]}",
            "exclude_item: is not a field here; did you mean excluded_items?"),
        json(
            "{\"objectives\":[{\"name\":\"next-item\",\"strength\":1}]}",
            "objectives[0].strength: is not a field here; expected one of name, text, weight,"
                + " quota, legs"),
        json(
            "{" + GOOD + ",\"k\":1,\"k\":2,\"user\":{\"id\":\"a\",\"id\":\"b\"}}",
            "k: is given twice; expected once",
            "user.id: is given twice; expected once"),
        json(
            "{" + GOOD + ",\"deadline_ms\":1,\"deadlineMs\":2}",
            "deadline_ms: is given twice; expected once"),
        json(
            "{" + GOOD + ",\"user\":{\"profile\":{\"age\":\"1\",\"age\":\"2\"}}}",
            "user.profile[\"age\"]: is given twice; expected once"),
        json(
            "{" + GOOD + ",\"k\":\"10\",\"exclude_history\":\"yes\",\"user\":[1],\"filter\":7}",
            "k: is the text \"10\"; expected a whole number from -2147483648 to 2147483647",
            "exclude_history: is the text \"yes\"; expected true or false",
            "user: is a list; expected an object",
            "filter: is 7; expected an object"),
        json(
            "{\"objectives\":{\"name\":\"next-item\"}}",
            "objectives: is an object; expected a list"),
        json(
            "{\"objectives\":[null,\"next-item\"]}",
            "objectives[0]: is null; expected an object",
            "objectives[1]: is the text \"next-item\"; expected an object"),
        json(
            "{" + GOOD + ",\"k\":10.0}",
            "k: is 10.0; expected a whole number from -2147483648 to 2147483647"),
        json(
            "{" + GOOD + ",\"k\":2147483648}",
            "k: is 2147483648; expected a whole number from -2147483648 to 2147483647"),
        json(
            "{" + GOOD + ",\"k\":NaN}",
            "k: is NaN; expected a whole number from -2147483648 to 2147483647"),
        json(
            "{" + GOOD + ",\"deadline_ms\":9223372036854775808}",
            "deadline_ms: is 9223372036854775808; expected a whole number from -2^63 to 2^63 - 1"),
        json(
            "{"
                + GOOD
                + ",\"filter\":{\"range\":{\"attribute\":\"price\",\"at_least\":NaN,"
                + "\"at_most\":-Infinity}}}",
            "filter.range.at_least: is NaN; expected a finite number",
            "filter.range.at_most: is -Infinity; expected a finite number"),
        json(
            "{" + GOOD + ",\"filter\":{\"equal\":{\"attribute\":\"a\",\"value\":1e999}}}",
            "filter.equal.value: is 1e999; expected a finite number"),
        json(
            "{" + GOOD + ",\"filter\":{\"equal\":{\"attribute\":\"a\",\"value\":[1]}}}",
            "filter.equal.value: is a list; expected a text, a number, or true or false"),
        json(
            "{" + GOOD + ",\"user\":{\"id\":\"\\ud800\"}}",
            "user.id: is not a whole Unicode text: it holds half of a surrogate pair"),
        json(
            "{" + GOOD + ",\"x\":" + "[".repeat(80) + "]".repeat(80) + "}",
            ": is nested more than 64 deep"),
        json(
            "{" + GOOD + ",\"filter\":" + "{\"not\":".repeat(70) + "{}" + "}".repeat(71),
            "filter" + ".not".repeat(63) + ": is nested more than 64 deep"),
        json(
            "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}",
            "a: is not a field here" + NO_FIELD,
            "b: is not a field here" + NO_FIELD,
            "c: is not a field here" + NO_FIELD,
            "d: is not a field here" + NO_FIELD,
            "e: is not a field here" + NO_FIELD));
  }

  @ParameterizedTest
  @MethodSource("wrongJson")
  void wrongJsonNamesTheField(String json, List<String> expected) {
    var answer = gateway.post(json);
    assertEquals(400, answer.status(), answer.text());
    assertEquals(expected, answer.errors());
    assertFalse(answer.text().contains("jackson"), answer.text());
    assertServes();
  }

  @ParameterizedTest
  @MethodSource("io.trawl.workers.testkit.attack.MalformedJson#texts")
  void malformedJsonIsRefusedInOurWords(String text) {
    // Some are larger than a body may be here.
    var answer = gateway.post(text);
    assertTrue(answer.status() == 400 || answer.status() == 413, answer.text());
    answer.errors().forEach(MalformedJson::assertOurWords);
    switch (new JsonDecoder(3).decode(text.getBytes(StandardCharsets.UTF_8), empty().build())) {
      case Decoded.Legible<?> legible -> throw new AssertionError(legible);
      case Decoded.Illegible<?>(var wrong) ->
          wrong.forEach(one -> MalformedJson.assertOurWords(one.toString()));
    }
  }

  @Test
  void eachBoundOfTheJsonReaderIsNamedAlone() {
    var name = "{\"" + "n".repeat(60_000) + "\":1}";
    assertEquals(List.of("has a name of more than 50000 characters"), why(name));
    var number = "{\"k\":1" + "0".repeat(2000) + "}";
    assertEquals(List.of("is a number of more than 1000 characters"), why(number));
    var nested = "{\"x\":" + "[".repeat(80) + "]".repeat(80) + "}";
    assertEquals(List.of("is nested more than 64 deep"), why(nested));
  }

  /** Each value costs far more memory and time than its bytes. */
  @Test
  void valuesOfABodyAreBoundedInNumber() {
    var many = "{\"requests\":[{}" + ",{}".repeat(600) + "]}";
    var answer = gateway.post("/v1/retrieve:batch", many);
    assertEquals(400, answer.status());
    assertEquals(List.of(": has too many values; expected at most 512"), answer.errors());
  }

  private static List<String> why(String json) {
    return switch (new JsonDecoder(3)
        .decode(json.getBytes(StandardCharsets.UTF_8), RetrieveRequest.getDefaultInstance())) {
      case Decoded.Legible<?> _ -> List.of();
      case Decoded.Illegible<?>(var wrong) -> wrong.stream().map(Violation::why).toList();
    };
  }

  @Test
  void whatIsQuotedKeepsItsEmoji() {
    var errors = gateway.post("{" + GOOD + ",\"request_id\":\"😀\\n\"}").errors();
    assertTrue(errors.getFirst().startsWith("request_id: is \"😀?\"; expected"), errors::toString);
    assertEquals("\"a😀…\"", Violations.quote("a😀😀", 4));
    assertEquals("\"?\"", Violations.quote("\ud83d"));
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    var json = ("{" + GOOD + ",\"request_id\":\"ä\"}").getBytes(StandardCharsets.ISO_8859_1);
    var answer = gateway.post(json, Map.of("content-type", "application/json"));
    assertEquals(400, answer.status());
    assertEquals(List.of(": the body is not UTF-8"), answer.errors());
  }

  @Test
  void nanOverProtobufIsRefused() {
    var message =
        good()
            .setFilter(
                Filter.newBuilder()
                    .setRange(
                        Filter.Range.newBuilder().setAttribute("price").setAtLeast(Double.NaN)))
            .build();
    assertEquals(
        List.of("filter.range.at_least: is NaN; expected a finite number"),
        gateway.call("Retrieve", message).errors());
  }

  @Test
  void undecodableProtobufIsInvalidAndNotACancelledCall() {
    var whole = good().setUser(User.newBuilder().setId("u1")).build().toByteArray();
    for (var bytes :
        List.of(
            new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff},
            Arrays.copyOf(whole, whole.length - 1),
            new byte[] {0x4a, 0x01, (byte) 0xc3})) { // request_id of broken UTF-8
      var answer = gateway.retrieve(bytes);
      assertEquals("3", answer.code());
      assertEquals(
          List.of(": is not a decodable protobuf message trawl.v1.RetrieveRequest"),
          answer.errors());
    }
    assertServes();
  }

  @Test
  void aKnownFieldOfAnotherWireTypeIsNamed() {
    byte[] kAsText = {0x1a, 0x01, 'x'};
    var bytes = concat(good().build().toByteArray(), kAsText);
    assertEquals(
        List.of("k: has another wire type; expected a varint"), gateway.retrieve(bytes).errors());
    byte[] historyItemAsVarint = {0x0a, 0x04, 0x1a, 0x02, 0x08, 0x07};
    assertEquals(
        List.of("user.history[0].item: has another wire type; expected a length and bytes"),
        gateway.retrieve(concat(good().build().toByteArray(), historyItemAsVarint)).errors());
  }

  @Test
  void unknownFieldNumbersOfProtobufAreIgnored() {
    byte[] unknown = {(byte) 0xf8, 0x07, 0x01}; // field 127
    assertEquals("0", gateway.retrieve(concat(good().build().toByteArray(), unknown)).code());
  }

  @Test
  void aHugeMessageIsRefusedInBoth() {
    var huge = "{" + GOOD + ",\"request_id\":\"" + "x".repeat(20_000) + "\"}";
    var overHttp = gateway.post(huge);
    assertEquals(413, overHttp.status());
    assertEquals("application/problem+json", overHttp.header("content-type"));
    var overGrpc = gateway.call("Retrieve", good().setRequestId("x".repeat(20_000)).build());
    assertEquals("8", overGrpc.code());
    assertTrue(overGrpc.message().contains("larger than 4096 bytes"), overGrpc.message());
    assertServes();
  }

  @Test
  void manyLongViolationsStayWithinWhatClientsAcceptAsHeaders() {
    var request = empty();
    for (int i = 0; i < 3; i++) {
      request.addObjectives(objective("o".repeat(40)).toBuilder().setText("ü".repeat(65)).build());
    }
    var answer = gateway.call("Retrieve", request.build());
    assertEquals(5, answer.errors().size());
    gateway.retriever.endWith(
        new RetrievalOutcome.Invalid(
            Collections.nCopies(64, new io.trawl.domain.Violation("filter", "w".repeat(500)))));
    var bounded = gateway.call("Retrieve", good().build());
    assertEquals("3", bounded.code());
    assertTrue(
        bounded.header("grpc-status-details-bin").length() < 7000,
        "details are " + bounded.header("grpc-status-details-bin").length());
    gateway.retriever.script(new FakeRetriever()::retrieve);
  }

  private static void assertServes() {
    var good = gateway.post("{" + GOOD + "}");
    assertEquals(200, good.status(), good.text());
    assertEquals("0", gateway.call("Retrieve", good().build()).code());
  }

  private static Arguments both(String json, RetrieveRequest.Builder message, String... expected) {
    return Arguments.of(json, message.build(), List.of(expected));
  }

  private static Arguments json(String json, String... expected) {
    return Arguments.of(json, List.of(expected));
  }

  private static RetrieveRequest.Builder empty() {
    return RetrieveRequest.newBuilder();
  }

  private static RetrieveRequest.Builder good() {
    return empty().addObjectives(objective("next-item"));
  }

  private static ObjectiveRequest objective(String name) {
    return ObjectiveRequest.newBuilder().setName(name).build();
  }

  private static Filter not(Filter filter) {
    return Filter.newBuilder().setNot(filter).build();
  }

  private static Value number(double number) {
    return Value.newBuilder().setNumberValue(number).build();
  }

  private static String repeat(String text, int times) {
    return String.join(",", Collections.nCopies(times, text));
  }

  private static byte[] concat(byte[] a, byte[] b) {
    var both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
