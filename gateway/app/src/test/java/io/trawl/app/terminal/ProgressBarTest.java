package io.trawl.app.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A person sees how far it is and how long it takes; a log is not flooded. */
class ProgressBarTest {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long nanos;

  private Progress.Task begin(boolean terminal, long total) {
    return new ProgressBar(out, terminal, Ansi.plain(), () -> nanos).begin("eval", total);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private String written() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private String lastDrawn() {
    var drawn = written().split("\r\u001b\\[K", -1);
    return drawn[drawn.length - 1];
  }

  @Test
  void drawsTheShareDoneAndTheTimeLeft() {
    try (var task = begin(true, 200)) {
      pass(Duration.ofSeconds(10));
      task.advance(50, "");
      assertEquals(
          "eval  ━━━━━━━━────────────────────────   25 %  50/200  5/s  30 s left", lastDrawn());
    }
  }

  @Test
  void saysWhatElseThereIs() {
    try (var task = begin(true, 2)) {
      pass(Duration.ofSeconds(1));
      task.advance(1, "1 failed");
      assertTrue(lastDrawn().endsWith("1 s left  1 failed"), lastDrawn());
    }
  }

  @Test
  void redrawsATerminalTenTimesASecondAtMost() {
    var task = begin(true, 1000);
    for (var i = 0; i < 1000; i++) {
      pass(Duration.ofMillis(1));
      task.advance(1, "");
    }
    task.close();
    assertEquals(1 + 10 + 1, written().split("\r", -1).length - 1);
    assertTrue(lastDrawn().contains("100 %  1,000/1,000"), lastDrawn());
  }

  @Test
  void writesPlainLinesElsewhere() {
    var task = begin(false, 100);
    for (var i = 0; i < 100; i++) {
      pass(Duration.ofMillis(250));
      task.advance(1, "");
    }
    task.close();
    assertEquals(
        List.of(
            "eval    0 %  0/100",
            "eval   40 %  40/100  4/s  15 s left",
            "eval   80 %  80/100  4/s  5 s left",
            "eval  100 %  100/100  4/s  in 25 s"),
        written().lines().toList());
  }

  @Test
  void endsOnceAndHonestly() {
    var task = begin(false, 4);
    pass(Duration.ofSeconds(1));
    task.advance(3, "");
    task.close();
    task.close();
    task.advance(1, "");
    assertEquals(
        List.of("eval    0 %  0/4", "eval   75 %  3/4  3/s  in 1 s"), written().lines().toList());
  }

  @Test
  void writesDurationsForPeople() {
    assertEquals("850 ms", ProgressBar.duration(Duration.ofMillis(850)));
    assertEquals("12 s", ProgressBar.duration(Duration.ofMillis(12_400)));
    assertEquals("1 min 00 s", ProgressBar.duration(Duration.ofMillis(59_900)));
    assertEquals("3 min 05 s", ProgressBar.duration(Duration.ofSeconds(185)));
    assertEquals("2 h 07 min", ProgressBar.duration(Duration.ofMinutes(127)));
  }
}
