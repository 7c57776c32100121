package io.trawl.app.eval;

import io.trawl.space.Space;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An HTTP edge that answers {@code POST /v1/retrieve} with the lists that a test thinks up. It
 * holds answers back until {@code batch} of them are due, so that a test sees how many were in
 * flight.
 */
final class FakeGateway {

  private final Space space;
  private final Function<JsonObject, Reply> script;
  private final int batch;
  private final int total;
  private final List<Runnable> held = new ArrayList<>();
  private final List<JsonObject> received = Collections.synchronizedList(new ArrayList<>());
  private volatile int mostHeld;

  private FakeGateway(Space space, Function<JsonObject, Reply> script, int batch, int total) {
    this.space = space;
    this.script = script;
    this.batch = batch;
    this.total = total;
  }

  /** Answers at once. */
  static FakeGateway answering(Space space, Function<JsonObject, Reply> script) {
    return new FakeGateway(space, script, 1, 1);
  }

  /** Answers when {@code batch} requests are waiting, or every {@code total} requests. */
  static FakeGateway holding(
      Space space, int batch, int total, Function<JsonObject, Reply> script) {
    return new FakeGateway(space, script, batch, total);
  }

  Future<URI> start(Vertx vertx) {
    return vertx
        .createHttpServer()
        .requestHandler(this::handle)
        .listen(0, "127.0.0.1")
        .map(HttpServer::actualPort)
        .map(port -> URI.create("http://127.0.0.1:" + port));
  }

  List<JsonObject> received() {
    return List.copyOf(received);
  }

  int mostHeld() {
    return mostHeld;
  }

  private void handle(HttpServerRequest call) {
    call.body()
        .onSuccess(
            body -> {
              var request = body.toJsonObject();
              received.add(request);
              held.add(
                  () -> {
                    var reply = script.apply(request);
                    call.response().setStatusCode(reply.status).end(reply.body.toBuffer());
                  });
              mostHeld = Math.max(mostHeld, held.size());
              if (held.size() == batch || received.size() % total == 0) {
                var due = List.copyOf(held);
                held.clear();
                due.forEach(Runnable::run);
              }
            });
  }

  /** Answers with these items, best first. */
  Reply items(JsonObject request, List<String> ids) {
    var items = new JsonArray();
    for (var i = 0; i < ids.size(); i++) {
      items.add(new JsonObject().put("id", ids.get(i)).put("title", "").put("score", -i));
    }
    var list =
        new JsonObject()
            .put("objective", request.getJsonArray("objectives").getJsonObject(0).getString("name"))
            .put("items", items)
            .put("engine", "explore")
            .put("seed", 7)
            .put("rounds", 4)
            .put("items_scored", 12)
            .put("bytes_read", 384)
            .put("behaviours_skipped", 0)
            .put("degradations", new JsonArray())
            .put("trace", new JsonArray());
    return new Reply(
        200,
        new JsonObject()
            .put("request_id", request.getString("request_id"))
            .put("space", new JsonObject().put("name", "tiny").put("version", 1))
            .put("lists", new JsonArray().add(list))
            .put("stage_micros", new JsonObject().put("prompt", 10).put("backbone", 900))
            .put("spans", new JsonArray()));
  }

  /** The held-out items of the request's user first, then the others as they come. */
  Reply oracle(JsonObject request) {
    var objective = request.getJsonArray("objectives").getJsonObject(0).getString("name");
    var user = request.getJsonObject("user").getString("id");
    var right =
        space
            .users()
            .filter(candidate -> candidate.user().id().equals(user))
            .findFirst()
            .map(candidate -> candidate.heldOut().get(objective))
            .orElseThrow()
            .items();
    var ids = new ArrayList<>(right);
    eligible(request).stream().filter(id -> !right.contains(id)).forEach(ids::add);
    return items(request, ids);
  }

  /** What a model with random weights answers. */
  Reply shuffled(JsonObject request, Random random) {
    var ids = new ArrayList<>(eligible(request));
    Collections.shuffle(ids, random);
    return items(request, ids);
  }

  private List<String> eligible(JsonObject request) {
    var history =
        request.getJsonObject("user").getJsonArray("history").stream()
            .map(behaviour -> ((JsonObject) behaviour).getString("item"))
            .collect(Collectors.toSet());
    return IntStream.range(0, space.catalogue().count())
        .mapToObj(space.catalogue()::id)
        .filter(id -> !history.contains(id))
        .toList();
  }

  record Reply(int status, JsonObject body) {}
}
