package io.trawl.bench.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.bench.attack.Attack.Wish;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** What a stranger does to a gateway. */
final class GatewayAttacks {

  private static final Map<String, String> JSON = Map.of("content-type", "application/json");
  private static final String RETRIEVE = "/trawl.v1.Retrieval/Retrieve";
  private static final int KIB = 1 << 10;
  private static final int MIB = 1 << 20;

  /** Longer than any limit of time that a port has by default. */
  private static final Duration CUT = Duration.ofSeconds(60);

  private GatewayAttacks() {}

  static List<Attack> all() {
    return List.of(
        new Attack(
            "unfinished-bodies",
            "420 bodies of 1 MiB of which 900 KiB come",
            "each is refused or cut within 60 s",
            Wish.ANY,
            true,
            GatewayAttacks::unfinishedBodies),
        new Attack(
            "unfinished-messages",
            "420 gRPC messages of 1 MiB but for their last byte",
            "each is refused or cut within 60 s",
            Wish.ANY,
            false,
            GatewayAttacks::unfinishedMessages),
        new Attack(
            "unread-answers",
            "5 connections with a window of 0 ask 1,000 times each for /openapi.json and PING",
            "they are cut within 2 minutes",
            Wish.ANY,
            false,
            GatewayAttacks::unreadAnswers),
        new Attack(
            "idle-connections",
            "5,000 connections that say nothing",
            "some are refused",
            Wish.ANY,
            true,
            GatewayAttacks::idleConnections),
        new Attack(
            "resets",
            "20,000 calls begun and reset, 100 on each of 200 connections",
            "good callers are served",
            Wish.ANY,
            true,
            GatewayAttacks::resets),
        new Attack(
            "expensive-requests",
            "8 callers with packed requests of the most objectives, rounds and items, 3 each",
            "each is answered or refused within 15 s",
            Wish.ANY,
            true,
            GatewayAttacks::expensiveRequests),
        new Attack(
            "empty-requests",
            "8 callers with 10 batches each of 524,000 empty requests, 1 KB packed",
            "each is refused within 15 s",
            Wish.ANY,
            true,
            GatewayAttacks::emptyRequests),
        new Attack(
            "batches",
            "8 addresses with 2 connections each, one batch of 64 requests after the other, 10 s",
            "they are served too",
            Wish.ANY,
            true,
            GatewayAttacks::batches),
        new Attack(
            "log-flood",
            "5,000 calls that are logged, standard error a pipe that nobody reads",
            "the public port answers",
            Wish.UNREAD_LOG,
            true,
            GatewayAttacks::logFlood),
        new Attack(
            "web-page",
            "requests of web pages to the admin port: Origin, Host, form and text bodies",
            "each is a 4xx, and two folders that differ in being there get the same",
            Wish.ANY,
            true,
            GatewayAttacks::webPage),
        new Attack(
            "truncated-vectors",
            "item_vectors.npy is cut in half while it is served",
            "the gateway is not ready within 60 s, and alive",
            Wish.OWN_SPACE,
            false,
            GatewayAttacks::truncatedVectors));
  }

  private static void unfinishedBodies(Target target, Findings findings)
      throws InterruptedException {
    hold(target.http(), 420, Http1.post("/v1/retrieve", JSON, MIB), 900 * KIB, findings);
  }

  /** Connections whose body does not come to its end. */
  static void hold(int port, int count, String head, int bytes, Findings findings)
      throws InterruptedException {
    var body = new byte[bytes];
    java.util.Arrays.fill(body, (byte) ' ');
    try (var crowd = new Crowd()) {
      crowd.start(count, port, peer -> peer.send(head).send(body));
      boolean cut = crowd.awaitEnd(CUT);
      findings.check(
          cut,
          "%d of %d still open; %d got 408, %d 429, %d 413, %d no connection"
              .formatted(
                  crowd.open(),
                  count,
                  crowd.with(408),
                  crowd.with(429),
                  crowd.with(413),
                  crowd.refused()));
    }
  }

  private static void unfinishedMessages(Target target, Findings findings)
      throws InterruptedException {
    holdMessages(target.grpc(), 420, RETRIEVE, MIB - 16, findings);
  }

  static void holdMessages(int port, int count, String path, int bytes, Findings findings)
      throws InterruptedException {
    try (var calls = new GrpcCalls(port, count)) {
      for (int i = 0; i < count; i++) {
        calls.leaveUnfinished(path, bytes);
      }
      boolean cut = Crowd.until(() -> calls.ended() == count, CUT);
      findings.check(cut, "%d of %d still open".formatted(count - calls.ended(), count));
    }
  }

  private static void unreadAnswers(Target target, Findings findings)
      throws IOException, InterruptedException {
    List<byte[]> session = new ArrayList<>();
    session.add(Http2.preface());
    session.add(Http2.setting(Http2.INITIAL_WINDOW_SIZE, 0));
    for (int i = 0; i < 1_000; i++) {
      session.add(Http2.headers(2 * i + 1, true, Http2.get("/openapi.json")));
    }
    var bytes = Http2.join(session);
    try (var crowd = new Crowd()) {
      crowd.start(
          5,
          target.http(),
          peer -> {
            peer.send(bytes);
            while (!peer.awaitEnd(Duration.ofSeconds(1))) {
              peer.send(Http2.ping());
            }
          });
      boolean cut = crowd.awaitEnd(Duration.ofMinutes(2));
      findings.check(cut, "%d of 5 connections still open".formatted(crowd.open()));
    }
  }

  private static void idleConnections(Target target, Findings findings)
      throws InterruptedException {
    int count = 5_000;
    try (var crowd = new Crowd()) {
      crowd.start(count, target.http(), _ -> {});
      crowd.awaitDone(Duration.ofSeconds(20));
      TimeUnit.SECONDS.sleep(3);
      findings.check(
          crowd.connected() > 0 && crowd.open() < count,
          "%,d of %,d are open".formatted(crowd.open(), count));
      boolean answers = Http1.status(target.admin(), "/health/live") == 200;
      findings.check(answers, "the admin port " + (answers ? "answers" : "is silent"));
    }
  }

  private static void resets(Target target, Findings findings) throws InterruptedException {
    floodWithResets(target.grpc(), RETRIEVE, retrieve(), findings);
  }

  /** Whole calls, each taken back at once. */
  static void floodWithResets(int port, String path, byte[] message, Findings findings)
      throws InterruptedException {
    floodWithResets(
        port,
        200,
        100,
        Http2.post(path, "application/grpc"),
        Http2.message(message.length, message),
        findings);
  }

  /** So many calls on each of so many connections, each whole and reset at once. */
  static void floodWithResets(
      int port,
      int connections,
      int calls,
      Map<String, String> head,
      byte[] message,
      Findings findings)
      throws InterruptedException {
    List<byte[]> session = new ArrayList<>();
    session.add(Http2.preface());
    for (int i = 0; i < calls; i++) {
      int stream = 2 * i + 1;
      session.add(Http2.headers(stream, false, head));
      session.add(Http2.data(stream, true, message));
      session.add(Http2.reset(stream));
    }
    var bytes = Http2.join(session);
    long begun = System.nanoTime();
    try (var crowd = new Crowd()) {
      crowd.start(
          connections,
          port,
          peer -> {
            peer.send(bytes);
            peer.awaitEnd(Duration.ofSeconds(2));
          });
      crowd.awaitDone(Duration.ofSeconds(30));
      findings.saw(
          "%d of %d connections cut, %d refused, in %d ms"
              .formatted(
                  crowd.connected() - crowd.open(),
                  connections,
                  crowd.refused(),
                  TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)));
    }
  }

  private static byte[] retrieve() {
    var request = RetrieveRequest.newBuilder().setK(100);
    request.addObjectivesBuilder().setName("next-item");
    for (int i = 0; i < 20; i++) {
      request.getUserBuilder().addHistoryBuilder().setItem("i" + i);
    }
    return request.build().toByteArray();
  }

  private static void expensiveRequests(Target target, Findings findings)
      throws IOException, InterruptedException {
    var packed = Http1.gzip(dear(target).encode().getBytes(UTF_8));
    var bytes =
        Http1.whole(
            "/v1/retrieve",
            Map.of("content-type", "application/json", "content-encoding", "gzip"),
            packed);
    List<Integer> statuses = new java.util.concurrent.CopyOnWriteArrayList<>();
    long begun = System.nanoTime();
    try (var crowd = new Crowd()) {
      crowd.start(
          8,
          target.http(),
          first -> {
            statuses.add(first.send(bytes).awaitStatus(Duration.ofSeconds(15)));
            for (int i = 1; i < 3; i++) {
              statuses.add(Http1.status(target.http(), bytes, Duration.ofSeconds(15)));
            }
          });
      crowd.awaitDone(Duration.ofSeconds(60));
    }
    findings.check(
        statuses.size() == 24
            && statuses.stream().allMatch(s -> List.of(200, 400, 429, 504).contains(s)),
        "%d bytes each; answers in %d ms: %s"
            .formatted(
                packed.length,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun),
                counts(statuses)));
  }

  private static void emptyRequests(Target target, Findings findings)
      throws IOException, InterruptedException {
    var batch = new byte[2 * 524_000];
    for (int i = 0; i < batch.length; i += 2) {
      batch[i] = RetrieveBatchRequest.REQUESTS_FIELD_NUMBER << 3 | 2;
    }
    refused(target.grpc(), "/trawl.v1.Retrieval/RetrieveBatch", Http1.gzip(batch), 8, 10, findings);
  }

  private static void batches(Target target, Findings findings) throws InterruptedException {
    var batch =
        Http1.whole(
            "/v1/retrieve:batch",
            JSON,
            new JsonObject()
                .put("requests", new JsonArray(Collections.nCopies(64, usual(target))))
                .encode()
                .getBytes(UTF_8));
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    try (var crowd = new Crowd()) {
      crowd.start(
          IntStream.range(0, 16).mapToObj(i -> "127.0.0." + (2 + i % 8)),
          target.http(),
          peer -> {
            for (int sent = 1; System.nanoTime() - end < 0 && !peer.isEnded(); sent++) {
              int answers = sent;
              peer.send(batch);
              Crowd.until(() -> peer.answers() >= answers || peer.isEnded(), Duration.ofSeconds(5));
            }
          });
      boolean done = crowd.awaitDone(Duration.ofSeconds(30));
      long answers = crowd.peers().stream().mapToLong(Peer::answers).sum();
      findings.check(
          done && crowd.with(200) > 0,
          "%d answers on %d connections, of which %d began with 200"
              .formatted(answers, crowd.connected(), crowd.with(200)));
    }
  }

  /** What a usual caller asks for. */
  private static JsonObject usual(Target target) {
    var asked = dear(target);
    asked.remove("explain");
    asked.remove("engine");
    return asked
        .put("objectives", new JsonArray().add(asked.getJsonArray("objectives").getValue(0)))
        .put("k", 20)
        .put("deadline_ms", 2_000);
  }

  /** Packed messages from callers side by side, each of which is to end as a refusal. */
  static void refused(
      int port, String path, byte[] packed, int callers, int times, Findings findings)
      throws InterruptedException {
    List<String> answers = new java.util.concurrent.CopyOnWriteArrayList<>();
    long begun = System.nanoTime();
    try (var calls = new GrpcCalls(port, callers)) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        threads.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        for (int n = 0; n < times; n++) {
                          answers.add(calls.callPacked(path, packed, CUT, Duration.ofSeconds(15)));
                        }
                      } catch (InterruptedException _) {
                        Thread.currentThread().interrupt();
                      }
                    }));
      }
      for (var thread : threads) {
        thread.join();
      }
    }
    findings.check(
        answers.size() == callers * times
            && answers.stream().allMatch(answer -> List.of("grpc 3", "grpc 8").contains(answer)),
        "%,d bytes each; answers in %d ms: %s"
            .formatted(
                packed.length,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun),
                counts(answers)));
  }

  private static <T> Map<T, Long> counts(List<T> statuses) {
    return statuses.stream()
        .collect(
            java.util.stream.Collectors.groupingBy(
                status -> status, java.util.TreeMap::new, java.util.stream.Collectors.counting()));
  }

  /** As much as one request may ask for. */
  private static JsonObject dear(Target target) {
    try (var space = Space.openWithoutVectors(target.space(), Verification.SIZES)) {
      var objectives = new JsonArray();
      for (int i = 0; i < 8; i++) {
        var objective = space.objectives().get(i % space.objectives().size());
        var asked = new JsonObject().put("name", objective.name());
        if (objective.text() == io.trawl.domain.Objective.TextUse.REQUIRED) {
          asked.put("text", "gift");
        }
        objectives.add(asked);
      }
      return new JsonObject()
          .put(
              "user",
              new JsonObject()
                  .put(
                      "history",
                      new JsonArray().add(new JsonObject().put("item", space.catalogue().id(0)))))
          .put("objectives", objectives)
          .put("k", 1_000)
          .put("explain", true)
          .put("deadline_ms", 10_000)
          .put(
              "engine",
              new JsonObject()
                  .put("engine", "explore")
                  .put("rounds", 16)
                  .put("sample", 1_000_000)
                  .put("keep", 100_000)
                  .put("neighbours", 1_024));
    }
  }

  private static void logFlood(Target target, Findings findings)
      throws IOException, InterruptedException {
    var body = "{\"items\":[\"i796\"],\"deadline_ms\":0}".getBytes(UTF_8);
    var call = Http1.whole("/v1/similar", JSON, body);
    try (var crowd = new Crowd()) {
      crowd.start(
          10,
          target.http(),
          peer -> {
            for (int i = 0; i < 500; i++) {
              peer.send(call);
            }
          });
      boolean done = crowd.awaitDone(Duration.ofSeconds(20));
      findings.check(done, "the calls were " + (done ? "taken, or cut" : "never taken"));
      boolean answers =
          Crowd.until(
              () -> Http1.status(target.http(), "/v1/objectives") == 200, Duration.ofSeconds(5));
      findings.check(answers, "the public port " + (answers ? "answers" : "is silent"));
    }
  }

  private static void webPage(Target target, Findings findings)
      throws IOException, InterruptedException {
    var activate = "/admin/spaces/activate";
    var body =
        new JsonObject()
            .put("directory", target.space().toAbsolutePath().toString())
            .encode()
            .getBytes(UTF_8);
    Map<String, byte[]> requests =
        Map.of(
            "a body of text/plain",
            Http1.whole(activate, Map.of("content-type", "text/plain"), body),
            "a form",
            Http1.whole(
                activate, Map.of("content-type", "application/x-www-form-urlencoded"), body),
            "no content type",
            Http1.whole(activate, Map.of(), body),
            "an origin",
            Http1.whole(
                activate,
                Map.of("content-type", "application/json", "origin", "http://evil.example"),
                body),
            "another host",
            Http1.whole(
                activate, Map.of("content-type", "application/json", "host", "evil.example"), body),
            "another host for the list",
            "GET /admin/spaces HTTP/1.1\r\nhost: evil.example\r\n\r\n".getBytes(UTF_8));
    requests.forEach(
        (what, bytes) -> {
          int status = Http1.status(target.admin(), bytes, Duration.ofSeconds(20));
          findings.check(status >= 400 && status < 500, what + " gets " + status);
        });
    var there = folder(target, "/etc");
    var notThere = folder(target, "/no-such-folder");
    findings.check(
        there.equals(notThere),
        "/etc gets %s, a folder that is not there %s".formatted(there, notThere));
  }

  /** What an operator is told of a folder, without its name. */
  private static String folder(Target target, String folder)
      throws IOException, InterruptedException {
    var body = new JsonObject().put("directory", folder).encode().getBytes(UTF_8);
    try (var peer = Peer.open(target.admin())) {
      peer.send(Http1.whole("/admin/spaces/activate", JSON, body));
      int status = peer.awaitStatus(Duration.ofSeconds(20));
      peer.awaitEnd(Duration.ofMillis(200));
      var detail =
          java.util.regex.Pattern.compile("\"detail\":\\s*\"([^\"]*)\"").matcher(peer.text());
      return status + (detail.find() ? " " + detail.group(1).replace(folder, "…") : "");
    }
  }

  private static void truncatedVectors(Target target, Findings findings)
      throws IOException, InterruptedException {
    try (var file =
        new RandomAccessFile(target.space().resolve("item_vectors.npy").toFile(), "rw")) {
      file.setLength(file.length() / 2);
    }
    boolean told = Crowd.until(() -> !Http1.isReady(target.admin()), Duration.ofSeconds(60));
    findings.check(told, told ? "it is not ready" : "it is ready as ever");
  }
}
