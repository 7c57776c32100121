package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.files.OwnObjectives;
import io.trawl.app.node.Platform;
import io.trawl.app.node.TrawlConfig;
import io.trawl.domain.Objective;
import io.trawl.domain.Objective.Rules;
import io.trawl.domain.Objective.TextUse;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator's own objective is in a space as a whole or not at all, and says what it is. */
class SpaceObjectiveTest {

  private final Path directory;
  private final StringWriter err = new StringWriter();

  SpaceObjectiveTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void isAddedBehindTheOthersWithTheWordsGiven() throws IOException {
    TinySpace.write(directory);
    var before = manifest();
    assertEquals(0, objective("--name", "gift-ideas", "--text", "a gift", "--title", "For others"));
    assertEquals(0, objective("--name", "gift.2", "--text", "gift:", "--needs-text"));
    try (var space = Space.open(directory, Verification.CHECKSUMS)) {
      assertEquals(
          List.of(
              new Objective("gift-ideas", "For others", TextUse.NONE, Rules.NONE, true),
              new Objective("gift.2", "gift:", TextUse.REQUIRED, Rules.NONE, true)),
          space.objectives().subList(2, 4));
      assertEquals("extrapolated", SpaceShowCommand.rules(space.objectives().getLast()));
    }
    var after = manifest();
    assertEquals(
        List.of(
            "<|user|>{profile}<|history|>{history}<|objective|>a gift",
            "<|user|>{profile}<|history|>{history}<|objective|>gift: {text}"),
        templates(after).subList(2, 4));
    var objectives = after.getJsonArray("objectives");
    objectives.remove(3);
    objectives.remove(2);
    assertEquals(before, after);
    try (var files = Files.list(directory)) {
      assertTrue(files.noneMatch(file -> file.getFileName().toString().startsWith(".")));
    }
  }

  @Test
  void hasTheRulesOfTheOneThatItIsLike() throws IOException {
    TinySpace.in(directory).withRules().write();
    assertEquals(0, objective("--name", "rare", "--text", "hard to find", "--like", "next-item"));
    try (var space = Space.open(directory, Verification.CHECKSUMS)) {
      assertTrue(space.objectives().getLast().rules().tailOnly());
      assertEquals("extrapolated, tail only", SpaceShowCommand.rules(space.objectives().getLast()));
    }
  }

  @Test
  void isRemovedAgain() throws IOException {
    TinySpace.write(directory);
    var before = manifest();
    assertEquals(0, objective("--name", "gift", "--text", "a gift"));
    assertEquals(0, objective("--name", "gift", "--remove"));
    assertEquals(before, manifest());
    assertRefused(
        "--name is 'next-item'; expected an objective that was added: there is none",
        "--name",
        "next-item",
        "--remove");
  }

  @Test
  void whatItsUsersAreAskedForIsNotRemoved() throws IOException {
    TinySpace.in(directory)
        .withOwnObjectives()
        .text("users.jsonl", users -> users.replaceFirst("\"next-item\"", "\"gift-ideas\""))
        .write();
    assertRefused("users.jsonl", "--name", "gift-ideas", "--remove");
    assertEquals(0, objective("--name", "gift-search", "--remove"));
  }

  @Test
  void whatCannotBeServedIsRefusedAndChangesNothing() throws IOException {
    TinySpace.in(directory).withOwnObjectives().write();
    for (var name : List.of("", "a b", "ä", "a/b", "a\n", "x".repeat(257))) {
      assertRefused("--name is '", "--name", name, "--text", "a present");
    }
    assertRefused("as the space has one", "--name", "next-item", "--text", "a present");
    assertRefused("as the space has one", "--name", "gift-ideas", "--text", "a present");
    for (var text : List.of("", " ", "\u200b", "x".repeat(1025))) {
      assertRefused("--text has " + text.length() + " characters", "--name", "x", "--text", text);
    }
    for (var text : List.of("{history}", "{profile}", "a } b", "a\nb", "a\u0085b")) {
      assertRefused("expected words without braces", "--name", "x", "--text", text);
    }
    for (var text : List.of("a <|item|>", "<|pad|>", "a  b", "a\u00a0b", " a", "a|>")) {
      assertRefused("expected plain words", "--name", "x", "--text", text);
    }
    assertRefused("what the space has already", "--name", "x", "--text", "next item");
    assertRefused("what the space has already", "--name", "x", "--text", "a gift");
    // 128 are all that there is room for, and the profile may have 16 of them.
    assertRefused(
        "objective x needs 129 tokens without any history",
        "--name",
        "x",
        "--text",
        "x".repeat(110));
    assertRefused(
        "--like is 'text-search'; expected one that the space was trained on and that takes no"
            + " text: next-item",
        "--name",
        "x",
        "--text",
        "a present",
        "--like",
        "text-search");
    assertRefused(
        "--like is 'gift-ideas'", "--name", "x", "--text", "a present", "--like", "gift-ideas");
    assertRefused("--title has 0", "--name", "x", "--text", "y", "--title", "");
    assertRefused("--title is 'a [2J'", "--name", "x", "--text", "y", "--title", "a\u001b[2J");
    assertRefused("--text", "--name", "x");
    assertRefused("--text", "--name", "x", "--title", "y");
    assertRefused("--remove", "--name", "gift-ideas", "--text", "y", "--remove");
    assertRefused("--name", "--text", "y");
  }

  /** A pattern that goes a call deeper for each character has no stack for so many. */
  @Test
  void aLongTemplateIsReadToItsEnd() throws IOException {
    TinySpace.in(directory)
        .manifest(
            said ->
                said.getJsonArray("objectives")
                    .getJsonObject(0)
                    .put("template", "find " + "words ".repeat(20_000) + "{history} like"))
        .write();
    assertRefused("has words in 2 places", "--name", "x", "--text", "y");
  }

  @Test
  void aTemplateWithoutOnePlaceForWordsIsRefused() throws IOException {
    TinySpace.in(directory)
        .manifest(
            said -> {
              var objectives = said.getJsonArray("objectives");
              objectives.getJsonObject(0).put("template", "{profile}{history}<|objective|> ");
              objectives.getJsonObject(1).put("template", "past: {history} find: {text}");
            })
        .write();
    assertRefused("has words in 0 places", "--name", "x", "--text", "y");
    assertRefused("has words in 2 places", "--name", "x", "--text", "y", "--needs-text");
  }

  @Test
  void thereAreOnlySoMany() throws IOException {
    TinySpace.write(directory);
    var objectives = OwnObjectives.of(directory);
    for (var i = 0; i < OwnObjectives.MOST; i++) {
      objectives.add(new OwnObjectives.Wanted("x" + i, "x", "x" + i, false, null));
    }
    objectives.write();
    assertRefused("has 64 objectives that were added", "--name", "x", "--text", "x");
  }

  /** Through a whole node, over the real backbone. */
  @Test
  void itsListsSayWhatTheyAreAndMetersStayFew() throws Exception {
    DemoCopy.into(directory);
    assertEquals(0, objective("--name", "gift-ideas", "--text", "presents for a friend"));
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var config = TrawlConfig.read(null, Map.of()).withSpace(directory).withPorts(0, 0, 0);
    var vertx = Platform.vertx(registry, config.listen());
    try (var http = HttpClient.newHttpClient();
        var space = Space.open(directory, Verification.CHECKSUMS)) {
      var node = LocalNode.start(vertx, config, space, registry);
      var base = "http://127.0.0.1:" + Objects.requireNonNull(node.ports().byName().get("http"));
      var objectives = asked(http, HttpRequest.newBuilder(URI.create(base + "/v1/objectives")));
      assertEquals(
          List.of("gift-ideas"),
          objectives.getJsonArray("objectives").stream()
              .map(JsonObject.class::cast)
              .filter(one -> one.getBoolean("extrapolated"))
              .map(one -> one.getString("name"))
              .toList());
      var lists =
          asked(
                  http,
                  HttpRequest.newBuilder(URI.create(base + "/v1/retrieve"))
                      .header("content-type", "application/json")
                      .POST(
                          BodyPublishers.ofString(
                              """
                              {"user": {"history": [{"item": "i4355"}]}, "deadline_ms": 10000,
                               "objectives": [{"name": "next-item"}, {"name": "gift-ideas"}]}\
                              """)))
              .getJsonArray("lists");
      assertEquals(
          List.of(
              new JsonArray(),
              new JsonArray()
                  .add(
                      new JsonObject()
                          .put("kind", "extrapolated")
                          .put(
                              "detail",
                              "the backbone was not trained on the objective gift-ideas"))),
          lists.stream().map(list -> ((JsonObject) list).getJsonArray("degradations")).toList());
      assertEquals(1, registry.get("trawl.degraded").tag("kind", "extrapolated").counter().count());
      assertFalse(registry.scrape().contains("gift-ideas"));
      Running.await(node.close(), "the end");
    } finally {
      Running.await(vertx.close(), "the end");
    }
  }

  private static JsonObject asked(HttpClient http, HttpRequest.Builder request) throws Exception {
    var answer = http.send(request.build(), BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
    return new JsonObject(answer.body());
  }

  private void assertRefused(String why, String... options) throws IOException {
    var before = Files.readString(directory.resolve("manifest.json"));
    err.getBuffer().setLength(0);
    assertEquals(2, objective(options), why);
    assertEquals(1, err.toString().strip().lines().count(), err.toString());
    assertTrue(err.toString().contains(why), err.toString());
    assertEquals(before, Files.readString(directory.resolve("manifest.json")));
  }

  private int objective(String... options) {
    var arguments = new ArrayList<>(List.of("space", "objective", directory.toString()));
    arguments.addAll(List.of(options));
    return Main.commandLine()
        .setErr(new PrintWriter(err, true))
        .execute(arguments.toArray(String[]::new));
  }

  private JsonObject manifest() throws IOException {
    return new JsonObject(Files.readString(directory.resolve("manifest.json")));
  }

  private static List<String> templates(JsonObject manifest) {
    return manifest.getJsonArray("objectives").stream()
        .map(one -> ((JsonObject) one).getString("template"))
        .toList();
  }
}
