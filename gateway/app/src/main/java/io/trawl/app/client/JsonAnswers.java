package io.trawl.app.client;

import io.trawl.domain.Degradation;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Stage;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

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
          stages(json.getJsonObject("stage_micros")));
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
        list(json.getJsonArray("degradations"), JsonAnswers::degradation));
  }

  private static RankedItem item(JsonObject json) {
    return new RankedItem(json.getString("id"), json.getString("title"), json.getFloat("score"));
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
