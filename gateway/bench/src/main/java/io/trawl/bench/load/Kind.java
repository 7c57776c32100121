package io.trawl.bench.load;

import static io.trawl.bench.load.LoadRequest.Protocol.GRPC;
import static io.trawl.bench.load.LoadRequest.Protocol.HTTP;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.bench.load.LoadRequest.Manner;
import io.trawl.bench.load.LoadRequest.Sent;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * A kind of request and the one ending that it must have. Those that ask for an answer are good,
 * all others are wrong, slow or leave.
 *
 * @param name protocol first, for scenarios and tables
 * @param expected as {@link Wire} tells it
 */
record Kind(
    String name, String expected, Manner manner, BiFunction<Asked, Turn, LoadRequest> maker) {

  /** Larger than a gateway takes by default, 1 MiB, no more than it throws away in good faith. */
  private static final int OVERSIZE_BYTES = 3 << 20;

  private static final int SIMILAR_K = 20;
  private static final String RETRIEVE = "/v1/retrieve";
  private static final String SERVICE = "/trawl.v1.Retrieval/";
  private static final Map<String, String> JSON = Map.of("content-type", "application/json");
  private static final Map<String, String> PROTOBUF =
      Map.of("content-type", "application/grpc", "te", "trailers");

  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().omittingInsignificantWhitespace().preservingProtoFieldNames();

  private static final Map<String, Kind> ALL = everyKind();

  /** By name. */
  static Map<String, Kind> all() {
    return ALL;
  }

  /** Whether it asks for an answer. */
  boolean good() {
    return LoadRequest.isAnswer(expected);
  }

  LoadRequest make(Asked asked, Turn turn) {
    return maker.apply(asked, turn);
  }

  private static Map<String, Kind> everyKind() {
    Map<String, Kind> all = new LinkedHashMap<>();
    Stream.of(goodOverHttp(), goodOverGrpc(), badOverHttp(), badOverGrpc())
        .flatMap(List::stream)
        .forEach(kind -> all.put(kind.name(), kind));
    return Collections.unmodifiableMap(all);
  }

  private static List<Kind> goodOverHttp() {
    return List.of(
        http("retrieve", "200", "POST", RETRIEVE, Kind::retrieveJson),
        http(
            "batch", "200", "POST", RETRIEVE + ":batch", (asked, turn) -> json(batch(asked, turn))),
        http("stream", "200", "POST", RETRIEVE + ":stream", Kind::retrieveJson),
        http("similar", "200", "POST", "/v1/similar", (asked, turn) -> json(similar(asked, turn))),
        http("search", "200", "POST", "/v1/search", (asked, turn) -> json(search(asked, turn))),
        http("objectives", "200", "GET", "/v1/objectives", Kind::nothing),
        kind(
            "http-item",
            "200",
            Manner.WHOLE,
            (asked, turn) -> new Sent(HTTP, "GET", "/v1/items/" + item(turn), JSON, new byte[0])),
        http("slow-body", "200", Manner.SLOW_BODY, RETRIEVE, Kind::retrieveJson));
  }

  private static List<Kind> goodOverGrpc() {
    return List.of(
        grpc("retrieve", "grpc 0", "Retrieve", (asked, turn) -> message(asked.retrieve(turn))),
        grpc("batch", "grpc 0", "RetrieveBatch", (asked, turn) -> message(batch(asked, turn))),
        grpc("stream", "grpc 0", "RetrieveStream", (asked, turn) -> message(asked.retrieve(turn))),
        grpc("similar", "grpc 0", "Similar", (asked, turn) -> message(similar(asked, turn))),
        grpc("search", "grpc 0", "Search", (asked, turn) -> message(search(asked, turn))),
        grpc("objectives", "grpc 0", "ListObjectives", (_, _) -> framed(new byte[0])),
        grpc(
            "item",
            "grpc 0",
            "GetItem",
            (_, turn) -> message(GetItemRequest.newBuilder().setId(item(turn)).build())));
  }

  private static List<Kind> badOverHttp() {
    return List.of(
        http("broken-json", "400", "POST", RETRIEVE, Kind::halfRetrieve),
        http(
            "wrong-type", "400", "POST", "/v1/similar", text("{\"items\":[\"a\"],\"k\":\"many\"}")),
        http(
            "wrong-width",
            "400",
            "POST",
            "/v1/search",
            text("{\"query_vectors\":[{\"values\":[1]}]}")),
        http(
            "unknown-objective",
            "400",
            "POST",
            RETRIEVE + ":stream",
            text("{\"objectives\":[{\"name\":\"no such objective\"}]}")),
        http("unknown-item", "404", "GET", "/v1/items/no-such-item", Kind::nothing),
        http("unknown-path", "404", "GET", "/v2/nothing", Kind::nothing),
        http("wrong-method", "405", "GET", RETRIEVE, Kind::nothing),
        kind(
            "http-wrong-content-type",
            "415",
            Manner.WHOLE,
            (asked, turn) ->
                new Sent(
                    HTTP,
                    "POST",
                    RETRIEVE,
                    Map.of("content-type", "text/plain"),
                    retrieveJson(asked, turn))),
        http("oversize", "413", "POST", RETRIEVE, (_, _) -> blanks()),
        http("expired", "504", "POST", RETRIEVE, Kind::expiredJson),
        http("stalled-body", "408", Manner.STALLED_BODY, RETRIEVE, Kind::retrieveJson),
        http("cancelled", Wire.LEFT, Manner.LEAVE, RETRIEVE, Kind::retrieveJson),
        http(
            "stream-cancelled", Wire.LEFT, Manner.LEAVE, RETRIEVE + ":stream", Kind::retrieveJson));
  }

  private static List<Kind> badOverGrpc() {
    return List.of(
        grpc("broken-protobuf", "grpc 3", "Retrieve", (_, _) -> framed(new byte[] {-1, 1, 2, 3})),
        grpc("empty-message", "grpc 3", "Retrieve", (_, _) -> framed(new byte[0])),
        grpc("unknown-item", "grpc 5", "GetItem", (_, _) -> framed(new byte[] {10, 1, 'x'})),
        grpc("unknown-call", "grpc 12", "Guess", (_, _) -> framed(new byte[0])),
        grpc("no-message", "grpc 3", "Search", (_, _) -> new byte[0]),
        grpc("message-cut-off", "grpc 3", "Similar", Kind::cutOff),
        grpc("oversize", "grpc 8", "Retrieve", (_, _) -> framed(new byte[OVERSIZE_BYTES])),
        kind(
            "grpc-expired",
            "grpc 4",
            Manner.WHOLE,
            (asked, turn) ->
                new Sent(
                    GRPC,
                    "POST",
                    SERVICE + "Retrieve",
                    with(PROTOBUF, "grpc-timeout", "1n"),
                    message(asked.retrieve(turn)))),
        kind(
            "grpc-cancelled",
            Wire.LEFT,
            Manner.LEAVE,
            (asked, turn) -> call("Retrieve", message(asked.retrieve(turn)))),
        kind(
            "grpc-stream-left",
            Wire.LEFT,
            Manner.LEAVE_AFTER_FIRST,
            (asked, turn) -> call("RetrieveStream", message(asked.retrieve(turn)))));
  }

  private static Kind kind(
      String name, String expected, Manner manner, BiFunction<Asked, Turn, Sent> sent) {
    return new Kind(
        name,
        expected,
        manner,
        (asked, turn) ->
            new LoadRequest(
                name, sent.apply(asked, turn), manner, expected, asked.deadlineMillis()));
  }

  private static Kind http(
      String name,
      String expected,
      String method,
      String path,
      BiFunction<Asked, Turn, byte[]> body) {
    return http(name, expected, Manner.WHOLE, method, path, body);
  }

  private static Kind http(
      String name,
      String expected,
      Manner manner,
      String path,
      BiFunction<Asked, Turn, byte[]> body) {
    return http(name, expected, manner, "POST", path, body);
  }

  private static Kind http(
      String name,
      String expected,
      Manner manner,
      String method,
      String path,
      BiFunction<Asked, Turn, byte[]> body) {
    return kind(
        "http-" + name,
        expected,
        manner,
        (asked, turn) -> new Sent(HTTP, method, path, JSON, body.apply(asked, turn)));
  }

  private static Kind grpc(
      String name, String expected, String rpc, BiFunction<Asked, Turn, byte[]> frames) {
    return kind(
        "grpc-" + name,
        expected,
        Manner.WHOLE,
        (asked, turn) -> call(rpc, frames.apply(asked, turn)));
  }

  private static Sent call(String rpc, byte[] frames) {
    return new Sent(GRPC, "POST", SERVICE + rpc, PROTOBUF, frames);
  }

  private static Map<String, String> with(Map<String, String> headers, String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return more;
  }

  private static byte[] nothing(Asked asked, Turn turn) {
    return new byte[0];
  }

  private static BiFunction<Asked, Turn, byte[]> text(String text) {
    return (_, _) -> text.getBytes(UTF_8);
  }

  private static byte[] blanks() {
    var blanks = new byte[OVERSIZE_BYTES];
    Arrays.fill(blanks, (byte) ' ');
    return blanks;
  }

  private static byte[] retrieveJson(Asked asked, Turn turn) {
    return json(asked.retrieve(turn));
  }

  private static byte[] halfRetrieve(Asked asked, Turn turn) {
    var whole = retrieveJson(asked, turn);
    return Arrays.copyOf(whole, whole.length / 2);
  }

  private static byte[] expiredJson(Asked asked, Turn turn) {
    return json(asked.retrieve(turn).toBuilder().setDeadlineMs(0).build());
  }

  private static byte[] cutOff(Asked asked, Turn turn) {
    var whole = message(similar(asked, turn));
    return Arrays.copyOf(whole, whole.length - 1);
  }

  private static RetrieveBatchRequest batch(Asked asked, Turn turn) {
    var one = asked.retrieve(turn);
    return RetrieveBatchRequest.newBuilder().addRequests(one).addRequests(one).build();
  }

  private static SimilarRequest similar(Asked asked, Turn turn) {
    return SimilarRequest.newBuilder()
        .addItems(item(turn))
        .setK(SIMILAR_K)
        .setDeadlineMs(asked.deadlineMillis())
        .build();
  }

  private static SearchRequest search(Asked asked, Turn turn) {
    var chance = new SplittableRandom(turn.draw());
    var message = SearchRequest.newBuilder().setK(SIMILAR_K).setDeadlineMs(asked.deadlineMillis());
    var vector = message.addQueryVectorsBuilder();
    for (int i = 0; i < asked.vectorWidth(); i++) {
      vector.addValues((float) chance.nextDouble(-1, 1));
    }
    return message.build();
  }

  /** An item of the user's history. */
  private static String item(Turn turn) {
    var history = turn.user().history();
    return history.isEmpty()
        ? "no-such-item"
        : history.get((int) Math.floorMod(turn.draw(), (long) history.size())).itemId();
  }

  private static byte[] json(Message message) {
    try {
      return PRINTER.print(message).getBytes(UTF_8);
    } catch (InvalidProtocolBufferException wrong) {
      throw new IllegalStateException(wrong);
    }
  }

  private static byte[] message(Message message) {
    return framed(message.toByteArray());
  }

  private static byte[] framed(byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }
}
