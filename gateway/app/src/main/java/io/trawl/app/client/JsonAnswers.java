package io.trawl.app.client;

import io.trawl.domain.Degradation;
import io.trawl.domain.MergedItem;
import io.trawl.domain.MergedList;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.Round;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Span;
import io.trawl.domain.Stage;
import io.trawl.domain.Why;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads what {@code POST /v1/retrieve} answers. */
final class JsonAnswers {

  private JsonAnswers() {}

  /** The answer of a body. Fails with {@link RequestFailed} on anything that the API never says. */
  static Retrieval retrieval(Buffer body) {
    try {
      var json = body.toJsonObject();
      var space = json.getJsonObject("space");
      return new Retrieval(
          json.getString("request_id"),
          new SpaceId(space.getString("name"), space.getLong("version")),
          list(json.getJsonArray("lists"), JsonAnswers::list),
          json.containsKey("merged") ? merged(json.getJsonObject("merged")) : null,
          stages(json.getJsonObject("stage_micros")),
          list(json.getJsonArray("spans"), JsonAnswers::span),
          List.of());
    } catch (DecodeException
        | ClassCastException
        | NullPointerException
        | IllegalArgumentException e) {
      throw new RequestFailed("the gateway's answer is not as the API describes it", e);
    }
  }

  private static ObjectiveRetrieval list(JsonObject json) {
    return new ObjectiveRetrieval(
        json.getString("objective"),
        list(json.getJsonArray("items"), JsonAnswers::item),
        json.getString("engine"),
        json.getLong("seed"),
        json.getInteger("rounds"),
        json.getLong("items_scored"),
        json.getLong("bytes_read"),
        json.getInteger("behaviours_skipped"),
        list(json.getJsonArray("degradations"), JsonAnswers::degradation),
        list(json.getJsonArray("trace"), JsonAnswers::round),
        Words.certificate(json.getString("certificate", "")));
  }

  private static Round round(JsonObject json) {
    return new Round(
        json.getInteger("round"),
        json.getInteger("expanded"),
        json.getInteger("listed"),
        json.getLong("items_scored"),
        json.getInteger("found"),
        json.getLong("micros") * 1000);
  }

  private static Span span(JsonObject json) {
    return new Span(
        json.getString("name"),
        json.getString("objective"),
        json.getLong("start_micros") * 1000,
        json.getLong("micros") * 1000);
  }

  private static MergedList merged(JsonObject json) {
    return new MergedList(
        list(json.getJsonArray("items"), JsonAnswers::mergedItem),
        list(json.getJsonArray("degradations"), JsonAnswers::degradation));
  }

  private static MergedItem mergedItem(JsonObject json) {
    return new MergedItem(
        json.getString("id"),
        json.getString("title"),
        json.getDouble("score"),
        json.getString("objective"),
        list(json.getJsonArray("places"), JsonAnswers::place));
  }

  private static MergedItem.Place place(JsonObject json) {
    return new MergedItem.Place(
        json.getString("objective"), json.getInteger("place"), json.getFloat("score"), why(json));
  }

  private static @Nullable Why why(JsonObject of) {
    var json = of.getJsonObject("why");
    return json == null
        ? null
        : new Why(
            json.getInteger("query_vector"),
            json.getInteger("round"),
            json.getString("neighbour_of"));
  }

  private static RankedItem item(JsonObject json) {
    return new RankedItem(
        json.getString("id"), json.getString("title"), json.getFloat("score"), why(json));
  }

  private static Degradation degradation(JsonObject json) {
    return Words.degradation(json.getString("kind"), json.getString("detail"));
  }

  private static Map<Stage, Long> stages(JsonObject json) {
    var micros = new HashMap<String, Long>();
    json.fieldNames().forEach(name -> micros.put(name, json.getLong(name)));
    return Words.stages(micros);
  }

  private static <T> List<T> list(JsonArray array, Function<JsonObject, T> read) {
    var list = new ArrayList<T>(array.size());
    for (var i = 0; i < array.size(); i++) {
      list.add(read.apply(array.getJsonObject(i)));
    }
    return list;
  }
}
