package io.trawl.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line says what it measured, and what it did not understand. */
class MainTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @SuppressWarnings("NullAway.Init") // JUnit sets it
  @TempDir
  Path directory;

  @Test
  void printsATableForEachKindOfUserAndKeepsTheCatalogue() {
    var status = recall("--items", "3000", "--users", "2", "--k", "50", "--queries", "16");
    assertEquals(0, status, text(err));
    assertTrue(text(out).contains("made-up, 3,000 x 128"));
    assertTrue(text(out).contains("friendly, 2 users, M = 16, K = 50"));
    assertTrue(text(out).contains("hostile, 2 users, M = 16, K = 50"));
    assertTrue(text(out).contains("| exact | 1.0000 | 1.0000 | 3,000 | 100.00 % |"));
    assertTrue(text(err).contains("making items"));
    err.reset();
    assertEquals(0, recall("--items", "3000", "--users", "1", "--k", "50", "--queries", "16"));
    assertEquals("", text(err), "the second run finds the files of the first");
  }

  @Test
  void measuresTheSettingsItIsGiven() {
    var status =
        recall(
            "--items",
            "3000",
            "--users",
            "1",
            "--data",
            "hostile",
            "--settings",
            "2/90/5/6,1/7/1/1");
    assertEquals(0, status, text(err));
    assertTrue(text(out).contains("| 90 / 5 / 6, T = 1 |"));
    assertTrue(text(out).contains("| 90 / 5 / 6, T = 2 |"));
    assertTrue(text(out).contains("| 7 / 1 / 1, T = 1 |"));
  }

  @Test
  void namesWhatItDoesNotUnderstand() {
    assertRefuses("unknown argument 'laod'; the nearest known one is 'load'", "laod");
    assertRefuses(
        "unknown option '--itemz'; the nearest known one is '--items'", "recall", "--itemz", "3");
    assertRefuses("Missing required parameter for option '--items'", "recall", "--items");
    assertRefuses("'--items': 'many' is not an int", "recall", "--items", "many");
    assertRefuses("'--data': expected one of [FRIENDLY, HOSTILE, BOTH]", "recall", "--data", "odd");
    assertRefuses("expected rounds/sample/keep/neighbours", "recall", "--settings", "4/3");
    assertRefuses("users", "recall", "--users", "0");
    assertRefuses("'0' is no port; expected 1 to 65535", "load", "--http", "0");
    assertRefuses("'99999' is no port; expected 1 to 65535", "attack", "--grpc", "99999");
    assertRefuses("'x' is no address; expected HOST:PORT", "milvus", "--milvus", "x");
  }

  private int recall(String... options) {
    var args = new String[options.length + 3];
    args[0] = "recall";
    args[1] = "--cache";
    args[2] = directory.toString();
    System.arraycopy(options, 0, args, 3, options.length);
    return run(args);
  }

  private void assertRefuses(String why, String... args) {
    err.reset();
    assertEquals(2, run(args));
    assertTrue(text(err).contains(why), text(err));
  }

  private int run(String... args) {
    return Main.run(
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
