package io.trawl.app.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.app.eval.FakeGateway.Reply;
import io.trawl.app.terminal.Ansi;
import io.trawl.app.terminal.Progress;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A perfect gateway gets full marks, a random one falls through, a broken one is told apart from a
 * bad one, and nobody is asked more than allowed.
 */
class EvaluationTest {

  private static final int USERS = 5;

  private static final Progress SILENT =
      (_, _) ->
          new Progress.Task() {
            @Override
            public void advance(long steps, String note) {}

            @Override
            public void close() {}
          };

  private Vertx vertx;
  private Space space;

  @BeforeEach
  void open(@TempDir Path directory) {
    vertx = Vertx.vertx();
    space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS);
  }

  @AfterEach
  void close() {
    space.close();
    vertx.close().await();
  }

  private static EvalOptions options(int inFlight, List<Minimum> minimums, String... objectives) {
    return new EvalOptions(
        0,
        List.of(objectives),
        new EngineRequest(EngineName.EXPLORE, 3, null, null, null, 5L),
        1,
        inFlight,
        Duration.ofSeconds(10),
        minimums,
        true);
  }

  private EvalReport evaluate(FakeGateway gateway, EvalOptions options) {
    return gateway
        .start(vertx)
        .compose(base -> new Evaluation(vertx, base, space, options, SILENT, Ticker.system()).run())
        .await();
  }

  private EvalReport evaluate(
      BiFunction<FakeGateway, JsonObject, Reply> script, EvalOptions options) {
    var gateway = new FakeGateway[1];
    gateway[0] = FakeGateway.answering(space, request -> script.apply(gateway[0], request));
    return evaluate(gateway[0], options);
  }

  @Test
  void fullMarksForAPerfectGateway() {
    var report =
        evaluate(FakeGateway::oracle, options(2, List.of(Minimum.parse("next-item:hr@5=1"))));
    assertEquals(List.of(), report.shortfalls());
    assertEquals(2, report.objectives().size());
    for (var objective : report.objectives()) {
      assertEquals(QualityTest.all(USERS, 1), objective.quality());
      assertEquals("explore", objective.engine());
      assertEquals(4, objective.cost().meanRounds());
      assertEquals(12, objective.cost().meanItemsScored());
    }
  }

  @Test
  void randomAnswersFallThroughTheSameCheck() {
    var random = new Random(20_261_122);
    var report =
        evaluate(
            (gateway, request) -> gateway.shuffled(request, random),
            options(2, List.of(Minimum.parse("next-item:hr@5=0.9"))));
    assertFalse(report.passed());
    var shortfalls = String.join("\n", report.shortfalls());
    assertTrue(shortfalls.contains("next-item: hr@5 is "), shortfalls);
    assertTrue(shortfalls.contains("text-search: hr@10 is "), shortfalls);
    assertTrue(shortfalls.contains("three standard errors above chance"), shortfalls);
  }

  @Test
  void floorsStandBesideEveryObjective() {
    var report = evaluate(FakeGateway::oracle, options(2, List.of()));
    assertEquals(
        List.of("popularity", "co-occurrence", "chance"), floors(report.objectives().getFirst()));
    assertEquals(
        List.of("popularity", "co-occurrence", "BM25", "chance"),
        floors(report.objectives().getLast()));
    report
        .objectives()
        .forEach(o -> o.floors().forEach(f -> assertEquals(USERS, f.quality().users())));
  }

  /** Nobody held anything out for what was added later. */
  @Test
  void measuresWhatTheSpaceWasTrainedOnWhereNothingIsNamed(@TempDir Path directory) {
    try (var own =
        Space.open(TinySpace.in(directory).withOwnObjectives().write(), Verification.CHECKSUMS)) {
      assertEquals(own.objectives().subList(0, 2), EvalSet.objectives(own, List.of()));
      assertEquals(own.objectives().subList(2, 3), EvalSet.objectives(own, List.of("gift-ideas")));
    }
  }

  @Test
  void measuresEachLegBesideTheFusion(@TempDir Path directory) {
    space.close();
    space =
        Space.open(
            TinySpace.in(directory).withLexical("words", Map.of("index", new byte[] {1})).write(),
            Verification.CHECKSUMS);
    var random = new Random(5);
    var report =
        evaluate(
            (gateway, request) ->
                "dense".equals(leg(request))
                    ? gateway.shuffled(request, random)
                    : gateway.oracle(request),
            options(2, List.of()));
    assertEquals(List.of(), report.objectives().getFirst().legs());
    var search = report.objectives().getLast();
    assertEquals(
        List.of("dense", "lexical"), search.legs().stream().map(FloorQuality::name).toList());
    assertEquals(QualityTest.all(USERS, 1), search.quality());
    assertEquals(QualityTest.all(USERS, 1), search.legs().getLast().quality());
    assertTrue(search.legs().getFirst().quality().of(Metric.HR_5) < 1);
    var text = report.text(Ansi.plain());
    assertTrue(text.contains("dense alone") && text.contains("lexical alone"), text);
    var json = report.json().getJsonArray("objectives").getJsonObject(1).getJsonObject("legs");
    assertEquals(Set.of("dense", "lexical"), json.fieldNames());
  }

  @Test
  void countsARequestOfOneLegThatFails(@TempDir Path directory) {
    space.close();
    space =
        Space.open(
            TinySpace.in(directory).withLexical("words", Map.of("index", new byte[] {1})).write(),
            Verification.CHECKSUMS);
    var report =
        evaluate(
            (gateway, request) ->
                "lexical".equals(leg(request))
                    ? new Reply(500, new JsonObject())
                    : gateway.oracle(request),
            options(2, List.of(), "text-search"));
    assertEquals(USERS, report.objectives().getFirst().lost().failed());
    assertFalse(report.passed());
  }

  private static @Nullable String leg(JsonObject request) {
    return request.getJsonArray("objectives").getJsonObject(0).getString("legs");
  }

  private static List<String> floors(ObjectiveReport report) {
    return report.floors().stream().map(FloorQuality::name).toList();
  }

  @Test
  void asksAsTheUserWould() {
    var gateway = new FakeGateway[1];
    gateway[0] = FakeGateway.answering(space, request -> gateway[0].oracle(request));
    evaluate(gateway[0], options(1, List.of(), "text-search"));
    var asked = gateway[0].received();
    assertEquals(USERS, asked.size());
    var request = asked.get(2);
    assertEquals("u2", request.getJsonObject("user").getString("id"));
    assertEquals(
        "north", request.getJsonObject("user").getJsonObject("profile").getString("region"));
    assertEquals(
        new JsonObject().put("item", "i2").put("action", "purchase").put("time", 1_699_720_000),
        request.getJsonObject("user").getJsonArray("history").getJsonObject(0));
    assertEquals(
        new JsonObject().put("name", "text-search").put("text", "red lamp"),
        request.getJsonArray("objectives").getJsonObject(0));
    assertEquals(1_700_000_000, request.getInteger("now"));
    assertEquals(TinySpace.ITEMS, request.getInteger("k"));
    assertEquals(true, request.getBoolean("exclude_history"));
    assertEquals(
        new JsonObject().put("engine", "explore").put("rounds", 3).put("seed", 5),
        request.getJsonObject("engine"));
  }

  @Test
  void keepsExactlyAsManyInFlightAsAllowed() {
    var gateway = new FakeGateway[1];
    gateway[0] = FakeGateway.holding(space, 3, USERS, request -> gateway[0].oracle(request));
    var report = evaluate(gateway[0], options(3, List.of()));
    assertEquals(3, gateway[0].mostHeld());
    assertEquals(List.of(), report.shortfalls());
  }

  @Test
  void aFailedRequestIsCountedAndShown() {
    var report =
        evaluate(
            (gateway, request) ->
                request.getJsonObject("user").getString("id").equals("u3")
                    ? new Reply(502, new JsonObject().put("detail", "no worker"))
                    : gateway.oracle(request),
            options(2, List.of(), "next-item"));
    var objective = report.objectives().getFirst();
    assertEquals(1, objective.lost().failed());
    assertEquals(USERS - 1, objective.quality().users());
    assertEquals(
        List.of("next-item: 1 requests without an answer; the first: HTTP status 502: no worker"),
        report.shortfalls());
  }

  @Test
  void anAnswerThatBreaksAPromiseIsAFailure() {
    assertBroken("stands twice", List.of("i20", "i20"));
    assertBroken("is unknown", List.of("nothing"));
    assertBroken("history was answered", List.of("i4", "i5"));
  }

  private void assertBroken(String why, List<String> answered) {
    var report =
        evaluate(
            (gateway, request) ->
                request.getJsonObject("user").getString("id").equals("u4")
                    ? gateway.items(request, answered)
                    : gateway.oracle(request),
            options(1, List.of(), "next-item"));
    assertEquals(1, report.objectives().getFirst().lost().failed());
    assertTrue(report.shortfalls().getFirst().contains(why), report.shortfalls().getFirst());
  }

  @Test
  void givesUpOnAGatewayThatHasGoneAway(@TempDir Path directory) {
    space.close();
    space =
        Space.open(
            TinySpace.in(directory).text("users.jsonl", users -> users.repeat(40)).write(),
            Verification.CHECKSUMS);
    var report =
        evaluate(
            (_, _) -> new Reply(500, new JsonObject().put("title", "broken")),
            options(4, List.of(), "next-item"));
    var objective = report.objectives().getFirst();
    assertEquals(40 * USERS, objective.lost().failed() + objective.lost().unsent());
    assertTrue(
        objective.lost().failed() >= ClosedLoop.HOPELESS, "failed: " + objective.lost().failed());
    assertTrue(
        objective.lost().failed() < ClosedLoop.HOPELESS + 4,
        "failed: " + objective.lost().failed());
    assertFalse(report.passed());
  }

  @Test
  void refusesAnObjectiveThatTheSpaceLacks() {
    var refused =
        assertThrows(
            Exception.class,
            () -> evaluate(FakeGateway::oracle, options(1, List.of(), "next-itm")));
    var cause = refused instanceof CompletionException ? refused.getCause() : refused;
    assertEquals(
        "space tiny@1 has no objective 'next-itm'; it has next-item, text-search",
        cause == null ? null : cause.getMessage());
  }

  @Test
  void saysItForPeopleAndForPrograms() {
    var report = evaluate(FakeGateway::oracle, options(2, List.of()));
    var text = report.text(Ansi.plain());
    assertTrue(text.lines().allMatch(line -> line.length() <= 100), text);
    assertTrue(
        text.lines().anyMatch(line -> line.matches("next-item +trawl +5 +1\\.0000 .*")), text);
    assertTrue(text.contains("✓ every request was answered"), text);
    var json = report.json();
    assertEquals("tiny", json.getJsonObject("space").getString("name"));
    assertEquals(true, json.getBoolean("passed"));
    var objective = json.getJsonArray("objectives").getJsonObject(1);
    assertEquals(1.0, objective.getJsonObject("quality").getDouble("ndcg@10"));
    assertTrue(objective.getJsonObject("floors").getJsonObject("BM25").getDouble("hr@10") > 0);
    assertEquals(json, new JsonObject(json.encode()), "what is written is what was meant");
  }
}
