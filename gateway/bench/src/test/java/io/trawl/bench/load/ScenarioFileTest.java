package io.trawl.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.app.config.ConfigRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scenario is read as it says, and refused by file, key, value and what was expected. */
class ScenarioFileTest {

  @SuppressWarnings("NullAway.Init") // JUnit sets it
  @TempDir
  Path folder;

  @Test
  void everyCommittedOneCanBeRead() {
    for (var name : ScenarioFile.COMMITTED) {
      var read = ScenarioFile.read(name);
      assertEquals(name, read.name());
      assertFalse(read.scenario().title().isBlank(), name);
    }
    assertEquals(
        Kind.all().keySet(),
        ScenarioFile.read("mixed").mix().keySet().stream()
            .map(Kind::name)
            .collect(java.util.stream.Collectors.toSet()),
        "mixed has every kind");
  }

  @Test
  void readsEveryKey() throws IOException {
    var read =
        read(
            """
            title: all of it
            loop: closed
            arrivals: fixed
            rate: 1.5
            callers: 3
            think: 20ms
            warm-up: 1s
            duration: 2m
            deadline: 300ms
            grace: 1ms
            late-after: 2ms
            most-in-flight: 9
            http-form: http2
            http-connections: 4
            grpc-connections: 5
            refusals: true
            stages: true
            seed: 11
            users:
              skew: 0.8
              sessions: 6
              session-requests: 7
              objectives: [next-item, text-search]
              k: 8
              exclude-history: false
              engine: exact
            mix: {http-retrieve: 2, grpc-item: 1}
            """);
    assertEquals(
        new Scenario(
            "all of it",
            new Scenario.Pacing(
                Scenario.Loop.CLOSED, Scenario.Arrivals.FIXED, 1.5, 3, Duration.ofMillis(20)),
            new Scenario.Times(
                Duration.ofSeconds(1),
                Duration.ofMinutes(2),
                Duration.ofMillis(300),
                Duration.ofMillis(1),
                Duration.ofMillis(2)),
            new Scenario.Room(9, Scenario.HttpForm.HTTP2, 4, 5),
            new UserChoice(
                0.8, 6, 7, java.util.List.of("next-item", "text-search"), 8, false, "exact"),
            true,
            true,
            11),
        read.scenario());
    assertEquals(
        Map.of("http-retrieve", 2, "grpc-item", 1),
        read.mix().entrySet().stream()
            .collect(
                java.util.stream.Collectors.toMap(
                    part -> part.getKey().name(), Map.Entry::getValue)));
  }

  @Test
  void refusesWhatItDoesNotUnderstand() throws IOException {
    assertRefuses("unknown key 'ratee'; the nearest known one is 'rate'", "ratee: 3");
    assertRefuses("rate is 0; expected 0.01 to 1000000", "rate: 0");
    assertRefuses("rate is 'many'; expected a whole number", "rate: many");
    assertRefuses("loop is 'ajar'; expected 'open' or 'closed'", "loop: ajar");
    assertRefuses("'soon' is no duration", "warm-up: soon");
    assertRefuses("deadline is 0s; expected 1ms to 600s", "deadline: 0s");
    assertRefuses("users.skew is -1; expected 0 to 10", "users: {skew: -1}");
    assertRefuses("unknown key 'users.size'", "users: {size: 1}");
    assertRefuses("http-connections is 0", "http-connections: 0");
  }

  @Test
  void refusesAWrongMix() throws IOException {
    assertRefusesMix("mix is 'null'; expected a weight for each kind of request", "");
    assertRefusesMix(
        "mix.http-itme is no kind of request; the nearest known one is 'http-item'",
        "mix: {http-itme: 1}");
    assertRefusesMix("mix.http-item is '0'; expected 1 to 1000000", "mix: {http-item: 0}");
    assertRefusesMix("mix.http-item is 'often'", "mix: {http-item: often}");
  }

  @Test
  void saysThatThereIsNone() {
    assertTrue(refusal("mxied").contains("'mixed'"), refusal("mxied"));
    assertEquals("there is no scenario file gone.yaml", refusal("gone.yaml"));
  }

  private void assertRefuses(String why, String line) throws IOException {
    assertRefusesMix(why, line + "\nmix: {http-item: 1}");
  }

  private void assertRefusesMix(String why, String text) throws IOException {
    var thrown = assertThrows(ConfigRefused.class, () -> read(text));
    assertTrue(String.valueOf(thrown.getMessage()).contains(why), thrown.getMessage());
    assertTrue(String.valueOf(thrown.getMessage()).contains("some.yaml"), thrown.getMessage());
  }

  private static String refusal(String named) {
    return String.valueOf(
        assertThrows(ConfigRefused.class, () -> ScenarioFile.read(named)).getMessage());
  }

  private ScenarioFile read(String text) throws IOException {
    return ScenarioFile.read(Files.writeString(folder.resolve("some.yaml"), text).toString());
  }
}
