package io.trawl.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A kind of request, how often it comes, and the one answer that it must get.
 *
 * @param name for people
 * @param weight how many of them are in one round of all kinds
 * @param expected as {@link TrafficCaller} tells it
 * @param send sends one
 */
record TrafficKind(
    String name, int weight, String expected, Function<TrafficCaller, Future<String>> send) {

  private static final String USER =
      """
      {"user":{"id":"u0","profile":{"region":"south","age":"65+"},"history":[{"item":"i796",\
      "action":"click","time":1692485250},{"item":"i5476","action":"purchase","time":1692485850},\
      {"item":"i2474","action":"purchase","time":1694032368}]},"now":1695716740,"objectives":\
      [{"name":"next-item"}],"k":50,"deadline_ms":%d}""";

  private static final String RETRIEVE = USER.formatted(8000);
  private static final String EXPIRED = USER.formatted(1);
  private static final String BATCH = "{\"requests\":[" + RETRIEVE + "," + RETRIEVE + "]}";
  private static final String SIMILAR = "{\"items\":[\"i796\"],\"k\":20,\"deadline_ms\":8000}";
  private static final String SEARCH =
      "{\"query_vectors\":[{\"values\":"
          + Collections.nCopies(64, 0.125)
          + "}],\"k\":20,\"deadline_ms\":8000}";

  /**
   * Larger than a gateway takes by default, 1 MiB, but no more than it throws away in good faith.
   */
  private static final int OVERSIZE_BYTES = 3 << 20;

  boolean good() {
    return expected.equals("200") || expected.equals("grpc 0");
  }

  /** All kinds, for the demo space. */
  static List<TrafficKind> all() {
    List<TrafficKind> kinds = new ArrayList<>(goodKinds());
    kinds.addAll(badOverHttp());
    kinds.addAll(badOverGrpc());
    return kinds;
  }

  private static List<TrafficKind> goodKinds() {
    var message = message(RetrieveRequest.newBuilder(), RETRIEVE);
    var batch = message(RetrieveBatchRequest.newBuilder(), BATCH);
    var similar = message(SimilarRequest.newBuilder(), SIMILAR);
    var search = message(SearchRequest.newBuilder(), SEARCH);
    var item = GetItemRequest.newBuilder().setId("i796").build().toByteArray();
    return List.of(
        http("retrieve", 12, "200", "/v1/retrieve", RETRIEVE),
        http("batch", 3, "200", "/v1/retrieve:batch", BATCH),
        http("stream", 4, "200", "/v1/retrieve:stream", RETRIEVE),
        http("similar", 6, "200", "/v1/similar", SIMILAR),
        http("search", 6, "200", "/v1/search", SEARCH),
        get("objectives", 3, "200", "/v1/objectives"),
        get("item", 3, "200", "/v1/items/i796"),
        new TrafficKind(
            "http slow body", 1, "200", to -> to.slowly("/v1/retrieve", RETRIEVE, 1_000)),
        grpc("retrieve", 12, "grpc 0", "Retrieve", message),
        grpc("batch", 3, "grpc 0", "RetrieveBatch", batch),
        grpc("stream", 4, "grpc 0", "RetrieveStream", message),
        grpc("similar", 6, "grpc 0", "Similar", similar),
        grpc("search", 6, "grpc 0", "Search", search),
        grpc("objectives", 3, "grpc 0", "ListObjectives", new byte[0]),
        grpc("item", 3, "grpc 0", "GetItem", item));
  }

  private static List<TrafficKind> badOverHttp() {
    return List.of(
        http("broken JSON", 2, "400", "/v1/retrieve", RETRIEVE.substring(0, 99)),
        http("wrong type", 2, "400", "/v1/similar", SIMILAR.replace("20", "\"many\"")),
        http("wrong width", 1, "400", "/v1/search", SEARCH.replace("[0.125,", "[")),
        http("unknown objective", 1, "400", "/v1/retrieve:stream", RETRIEVE.replace("next", "no")),
        get("unknown item", 1, "404", "/v1/items/nobody"),
        get("unknown path", 1, "404", "/v2/nothing"),
        get("wrong method", 1, "405", "/v1/retrieve"),
        new TrafficKind(
            "http wrong content type",
            1,
            "415",
            to -> to.http(HttpMethod.POST, "/v1/retrieve", "text/plain", Buffer.buffer(RETRIEVE))),
        http("oversize", 1, "413", "/v1/retrieve", "[" + " ".repeat(OVERSIZE_BYTES)),
        http("expired deadline", 2, "504", "/v1/retrieve", EXPIRED),
        new TrafficKind("http stalled body", 1, "408", to -> to.stalled("/v1/retrieve", RETRIEVE)),
        new TrafficKind(
            "http cancelled", 2, TrafficCaller.LEFT, to -> to.leave("/v1/retrieve", RETRIEVE)),
        new TrafficKind(
            "http stream cancelled",
            2,
            TrafficCaller.LEFT,
            to -> to.leave("/v1/retrieve:stream", RETRIEVE)));
  }

  private static List<TrafficKind> badOverGrpc() {
    var message = message(RetrieveRequest.newBuilder(), RETRIEVE);
    var whole = TrafficCaller.framed(message);
    var huge = TrafficCaller.framed(new byte[OVERSIZE_BYTES]);
    return List.of(
        grpc("broken protobuf", 2, "grpc 3", "Retrieve", new byte[] {(byte) 0xff, 1, 2, 3}),
        grpc("empty message", 1, "grpc 3", "Retrieve", new byte[0]),
        grpc("unknown item", 1, "grpc 5", "GetItem", new byte[] {10, 1, 'x'}),
        grpc("unknown call", 1, "grpc 12", "Guess", message),
        frames("no message", 1, "grpc 3", "Search", Buffer.buffer(), Map.of()),
        frames(
            "message cut off",
            1,
            "grpc 3",
            "Similar",
            whole.getBuffer(0, whole.length() - 9),
            Map.of()),
        frames("oversize", 1, "grpc 8", "Retrieve", huge, Map.of()),
        frames("expired deadline", 2, "grpc 4", "Retrieve", whole, Map.of("grpc-timeout", "1u")),
        new TrafficKind(
            "grpc cancelled", 2, TrafficCaller.LEFT, to -> to.leaveGrpc("Retrieve", message)),
        new TrafficKind(
            "grpc stream left early",
            2,
            TrafficCaller.LEFT,
            to -> to.leaveStream("RetrieveStream", message)));
  }

  private static TrafficKind http(
      String name, int weight, String expected, String path, String json) {
    return new TrafficKind("http " + name, weight, expected, to -> to.post(path, json));
  }

  private static TrafficKind get(String name, int weight, String expected, String path) {
    return new TrafficKind(
        "http " + name,
        weight,
        expected,
        to -> to.http(HttpMethod.GET, path, "application/json", Buffer.buffer()));
  }

  private static TrafficKind grpc(
      String name, int weight, String expected, String rpc, byte[] message) {
    return new TrafficKind("grpc " + name, weight, expected, to -> to.grpc(rpc, message));
  }

  private static TrafficKind frames(
      String name,
      int weight,
      String expected,
      String rpc,
      Buffer frames,
      Map<String, String> headers) {
    return new TrafficKind(
        "grpc " + name, weight, expected, to -> to.grpc(rpc, frames.copy(), headers));
  }

  private static byte[] message(Message.Builder builder, String json) {
    try {
      JsonFormat.parser().merge(json, builder);
      return builder.build().toByteArray();
    } catch (InvalidProtocolBufferException wrong) {
      throw new IllegalStateException(json, wrong);
    }
  }
}
