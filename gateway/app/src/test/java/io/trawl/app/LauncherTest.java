package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What {@code ./trawl} says without a JVM. */
class LauncherTest {

  private static final Path LAUNCHER = Path.of("..", "..", "trawl");

  private static String refusal(String verb) throws IOException, InterruptedException {
    var launcher =
        new ProcessBuilder("bash", LAUNCHER.toString(), verb).redirectErrorStream(true).start();
    launcher.getOutputStream().close();
    var said = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(2, launcher.waitFor(), said);
    return said.strip();
  }

  @Test
  void anUnknownVerbNamesTheNearestOne() throws Exception {
    assertNearest("demo", "demmo");
    assertNearest("demo", "dem");
    assertNearest("worker", "wroker");
    assertNearest("space", "spice");
    assertNearest("servers", "serverss");
  }

  private static void assertNearest(String known, String given) throws Exception {
    assertEquals(
        "trawl: unknown verb '%s'; the nearest known one is '%s'".formatted(given, known),
        refusal(given));
  }

  @Test
  void whatIsNearNoVerbIsToldWhichThereAre() throws Exception {
    assertEquals(
        "trawl: unknown verb '*'; expected one of demo, serve, servers, worker, workers, space,"
            + " milvus, explain, eval, data, train, bench, test",
        refusal("*"));
    assertEquals(refusal("*").replace("'*'", "'dmxo'"), refusal("dmxo"));
  }
}
