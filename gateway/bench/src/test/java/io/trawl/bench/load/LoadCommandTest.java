package io.trawl.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.bench.Main;
import io.trawl.bench.TinyNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The generator against a gateway of the demo space: every kind ends as it must. */
class LoadCommandTest {

  @SuppressWarnings("NullAway.Init") // started before each test
  private static TinyNode node;

  @SuppressWarnings("NullAway.Init") // JUnit sets it
  @TempDir
  Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeAll
  static void start() {
    node = TinyNode.start();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void everyKindEndsAsItMustAndARecordingGivesTheSame() throws IOException {
    // All but those that wait for the gateway's patience.
    var kinds = new ArrayList<>(Kind.all().keySet());
    kinds.removeAll(List.of("http-stalled-body", "http-slow-body"));
    var text =
        """
        arrivals: fixed
        rate: 30
        warm-up: 0s
        duration: 3s
        deadline: 10s
        mix: {%s}
        """
            .formatted(String.join(", ", kinds.stream().map(kind -> kind + ": 1").toList()));
    var recording = folder.resolve("recorded.jsonl");
    var results = folder.resolve("results.jsonl");
    assertEquals(
        0,
        load(text, "--record", recording.toString(), "--results", results.toString()),
        this::said);
    assertTrue(said().contains("0 not as expected, 0 under way at the end"), said());
    assertEquals(89, Files.readAllLines(recording).size());
    assertEquals(89, Files.readAllLines(results).size());
    out.reset();
    assertEquals(
        0,
        load(
            text,
            "--replay",
            recording.toString(),
            "--results",
            folder.resolve("results.hlog").toString()),
        this::said);
    assertTrue(said().contains("89 requests in 3.0 s"), said());
    assertTrue(
        Files.readString(folder.resolve("results.hlog")).contains("Tag=http-item/200"),
        "a histogram by kind and ending");
  }

  @Test
  void callersOfAClosedLoopAskUntilTheEndAndStagesAreTold() throws IOException {
    var status =
        load(
            """
            loop: closed
            callers: 2
            warm-up: 0s
            duration: 1s
            deadline: 10s
            stages: true
            mix: {http-retrieve: 1, grpc-retrieve: 1}
            """);
    assertEquals(0, status, this::said);
    assertTrue(said().contains("| backbone |"), said());
    assertTrue(said().contains("closed loop, 2 callers"), said());
  }

  @Test
  void aGatewayThatIsNotThereFailsEachRequest() throws IOException {
    var status =
        run(
            "--http",
            "1",
            scenario("rate: 20\nwarm-up: 0s\nduration: 1s\nmix: {http-objectives: 1}\n"));
    assertEquals(1, status);
    assertTrue(said().contains("failed: "), said());
  }

  @Test
  void refusesWhatIsNoRecording() throws IOException {
    var file = Files.writeString(folder.resolve("wrong.jsonl"), "{}\n");
    assertEquals(2, load("mix: {http-item: 1}\n", "--replay", file.toString()));
    assertTrue(err.toString(UTF_8).contains("wrong.jsonl:1 is no recorded request"), err::toString);
  }

  private int load(String scenario, String... options) throws IOException {
    List<String> all =
        new ArrayList<>(List.of("--http", node.http(), "--grpc", node.grpc(), scenario(scenario)));
    all.addAll(List.of(options));
    return run(all.toArray(String[]::new));
  }

  private String scenario(String text) throws IOException {
    return Files.writeString(folder.resolve("some.yaml"), text).toString();
  }

  private int run(String... options) {
    List<String> all = new ArrayList<>(List.of("load", "--space", TinyNode.SPACE.toString()));
    all.addAll(List.of(options));
    return Main.run(
        all.toArray(String[]::new),
        new PrintStream(out, true, UTF_8),
        new PrintStream(err, true, UTF_8));
  }

  private String said() {
    return out.toString(UTF_8) + err.toString(UTF_8);
  }
}
