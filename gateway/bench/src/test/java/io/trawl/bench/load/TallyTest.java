package io.trawl.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is counted, and from when. */
class TallyTest {

  private static final long MILLI = 1_000_000;

  private final Scenario scenario = Scenario.defaults();
  private final Tally tally = new Tally(scenario.times());

  @Test
  void anAnswerCountsAsGoodputFromItsIntendedStart() {
    tally.began(true, 0);
    tally.ended(request("200"), "200", 1_005 * MILLI, 5 * MILLI, true);
    tally.began(true, 600 * MILLI);
    tally.ended(request("200"), "200", 1_006 * MILLI, 406 * MILLI, true);
    tally.notSent(true);
    assertEquals(1, tally.withinDeadline(), "deadline and grace, and not a moment more");
    assertEquals(3, tally.goodCount(), "what was not sent was asked for all the same");
    assertEquals(-594 * MILLI, tally.latestAnswerNanos(), "from when it left");
  }

  @Test
  void whatLeavesAfterItsTimeIsLate() {
    tally.began(true, 10 * MILLI);
    tally.began(true, 11 * MILLI);
    tally.began(false, 30 * MILLI);
    assertEquals(2, tally.late());
    assertEquals(30 * MILLI, tally.latestStartNanos());
  }

  @Test
  void endingsAreTableRowsAndThoseBeyondABoundAreOne() {
    IntStream.range(0, 10_000)
        .forEach(i -> tally.ended(request("200"), "failed: " + i, MILLI, MILLI, false));
    assertEquals(513, tally.entries().size());
    assertEquals(10_000, tally.unexpected());
    assertEquals(
        10_000,
        tally.entries().stream()
            .mapToLong(entry -> entry.getValue().total().getTotalCount())
            .sum());
  }

  @Test
  void theTableTellsWhatItsKindMustNotEndAs() {
    tally.began(true, 0);
    tally.ended(request("200"), "500", 3 * MILLI, 3 * MILLI, false);
    var out = new ByteArrayOutputStream();
    new LoadReport(tally, scenario).print(new PrintStream(out, true, StandardCharsets.UTF_8));
    var text = out.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("| some | 500, not 200 | 1 | 3.00 | 3.00 |"), text);
    assertTrue(text.contains("1 not as expected"), text);
    assertTrue(text.contains("0 of 1 good requests, 0.00 %"), text);
  }

  @Test
  void aRecordedRequestIsTheSameWhenRead() {
    var request =
        new LoadRequest(
            "grpc-item",
            new LoadRequest.Sent(
                LoadRequest.Protocol.GRPC,
                "POST",
                "/a/b",
                Map.of("te", "trailers"),
                new byte[] {0, -1, 7}),
            LoadRequest.Manner.LEAVE,
            "left",
            40);
    var read = LoadRequest.of(request.line(123));
    assertEquals(123, read.atMicros());
    assertEquals(request, read.request());
  }

  private static LoadRequest request(String expected) {
    return new LoadRequest(
        "some",
        new LoadRequest.Sent(LoadRequest.Protocol.HTTP, "GET", "/", Map.of(), new byte[0]),
        LoadRequest.Manner.WHOLE,
        expected,
        1_000);
  }
}
