package io.trawl.workers.kubernetes;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** As much of an API server as lists and watches of the slices of one service need. */
final class FakeApiServer {

  private static final String PATH = "/apis/discovery.k8s.io/v1/namespaces/models/endpointslices";
  private static final String SELECTOR = "kubernetes.io/service-name=workers";

  private final Vertx vertx;

  // Guarded by this.
  private long version = 100;
  private final Map<String, JsonObject> slices = new TreeMap<>();
  private final NavigableMap<Long, String> events = new TreeMap<>();
  private final Set<ServerWebSocket> watches = new HashSet<>();
  private int lists;
  private int begun;

  private volatile int refusal;
  private volatile int watchRefusal;
  private volatile boolean silent;
  private @Nullable HttpServer server;
  private int port;

  private FakeApiServer(Vertx vertx) {
    this.vertx = vertx;
  }

  static FakeApiServer start(Vertx vertx) throws Exception {
    var started = new FakeApiServer(vertx);
    started.start();
    return started;
  }

  /** At the same port as before. */
  void start() throws Exception {
    HttpServer starting =
        vertx.createHttpServer(new HttpServerOptions().setPort(port).setHost("127.0.0.1"));
    starting.requestHandler(this::asked);
    join(starting.listen());
    port = starting.actualPort();
    server = starting;
  }

  void stop() throws Exception {
    join(requireNonNull(server).close());
    synchronized (this) {
      watches.clear();
    }
  }

  private static <T> void join(Future<T> future) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  synchronized int lists() {
    return lists;
  }

  void refuse(int status) {
    refusal = status;
  }

  void refuseWatches(int status) {
    watchRefusal = status;
  }

  void say(boolean nothing) {
    silent = nothing;
  }

  /** Makes a slice, or makes it another one, and tells whoever watches. */
  synchronized void put(String name, String... addresses) {
    JsonObject slice = slice(name, List.of(addresses));
    happened(slices.put(name, slice) == null ? "ADDED" : "MODIFIED", slice);
  }

  synchronized void remove(String name) {
    version++;
    happened("DELETED", requireNonNull(slices.remove(name)));
  }

  /** Changes a slice without a word. */
  synchronized void putSilently(String name, String... addresses) {
    slices.put(name, slice(name, List.of(addresses)));
  }

  @GuardedBy("this")
  private void happened(String type, JsonObject slice) {
    String event = event(type, slice);
    events.put(version, event);
    watches.forEach(watch -> watch.writeTextMessage(event));
  }

  @GuardedBy("this")
  private JsonObject slice(String name, List<String> addresses) {
    var endpoints = new JsonArray();
    for (String address : addresses) {
      endpoints.add(
          new JsonObject()
              .put("addresses", new JsonArray().add(address))
              .put("conditions", new JsonObject().put("ready", true)));
    }
    return new JsonObject()
        .put("apiVersion", "discovery.k8s.io/v1")
        .put("kind", "EndpointSlice")
        .put(
            "metadata",
            new JsonObject()
                .put("name", name)
                .put("namespace", "models")
                .put("resourceVersion", Long.toString(++version)))
        .put("addressType", "IPv4")
        .put("endpoints", endpoints)
        .put("ports", new JsonArray().add(new JsonObject().put("name", "grpc").put("port", 8001)));
  }

  private static String event(String type, JsonObject object) {
    return new JsonObject().put("type", type).put("object", object).encode();
  }

  /** Says so to whoever watches. */
  synchronized void say(String text) throws InterruptedException {
    awaitWatch();
    watches.forEach(watch -> watch.writeTextMessage(text));
  }

  /** That the version from which they watch is too old. */
  void sayGone() throws InterruptedException {
    say(event("ERROR", status(410)));
  }

  synchronized void endWatches() throws InterruptedException {
    awaitWatch();
    watches.forEach(ServerWebSocket::close);
    watches.clear();
  }

  /** Until whoever listed has begun to watch: a client knows that it does before the server. */
  @GuardedBy("this")
  private void awaitWatch() throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (begun < lists) {
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      assertTrue(left > 0, "nobody watches");
      wait(left);
    }
  }

  private static JsonObject status(int code) {
    return new JsonObject()
        .put("apiVersion", "v1")
        .put("kind", "Status")
        .put("status", "Failure")
        .put("code", code)
        .put("message", "said by the test");
  }

  private void asked(HttpServerRequest request) {
    boolean watch = "true".equals(request.getParam("watch"));
    if (silent) {
      return;
    }
    int refused = watch && watchRefusal != 0 ? watchRefusal : refusal;
    if (refused == 0
        && !(request.path().equals(PATH) && SELECTOR.equals(request.getParam("labelSelector")))) {
      refused = 404;
    }
    if (refused != 0) {
      request.response().setStatusCode(refused).end(status(refused).encode());
    } else if (watch) {
      request
          .toWebSocket()
          .onSuccess(
              socket -> watched(socket, Long.parseLong(request.getParam("resourceVersion"))));
    } else {
      request.response().putHeader("content-type", "application/json").end(list());
    }
  }

  private synchronized String list() {
    lists++;
    return new JsonObject()
        .put("apiVersion", "discovery.k8s.io/v1")
        .put("kind", "EndpointSliceList")
        .put("metadata", new JsonObject().put("resourceVersion", Long.toString(version)))
        .put("items", new JsonArray(List.copyOf(slices.values())))
        .encode();
  }

  /** What has happened since the version is told first, as by the real one. */
  private synchronized void watched(ServerWebSocket socket, long since) {
    watches.add(socket);
    begun++;
    notifyAll();
    socket.closeHandler(_ -> forget(socket));
    events.tailMap(since, false).values().forEach(socket::writeTextMessage);
  }

  private synchronized void forget(ServerWebSocket socket) {
    watches.remove(socket);
  }
}
