package io.trawl.space;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.retrieval.Engine;
import io.trawl.retrieval.Kernels;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class SpaceCheckTest {

  private final Path directory;

  SpaceCheckTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void findsAWholeSpaceInOrder() {
    assertEquals(
        List.of(
            "5 sample users with 20 behaviours, 3 of them of unknown items, 0 with unknown actions",
            "neighbours of 24 items stand nearest first",
            "query vectors of 8 golden requests find their top items"),
        passed(TinySpace.in(directory)));
  }

  @Test
  void countsUnknownActions() {
    var users = TinySpace.in(directory).text("users.jsonl", s -> s.replace("\"click\"", "\"buy\""));
    assertEquals(
        "5 sample users with 20 behaviours, 3 of them of unknown items, 10 with unknown actions",
        passed(users).getFirst());
  }

  @Test
  void understandsTheOtherMetrics() {
    var swapped = TinySpace.in(directory.resolve("cosine"));
    swapped.manifest(m -> m.getJsonObject("neighbours").put("metric", "cosine"));
    failed(swapped, "is nearer than the one before it");
  }

  @Test
  void findsAHeldOutItemInItsOwnHistory() {
    failed(
        TinySpace.in(directory).text("users.jsonl", s -> s.replace("[\"i22\"]", "[\"i10\"]")),
        "users.jsonl: user u4 holds out i10 for next-item, which stands in the user's history");
  }

  @Test
  void findsABrokenUser() {
    failed(
        TinySpace.in(directory).text("users.jsonl", s -> s.replace("\"id\":\"u2\"", "\"id\":2")),
        "users.jsonl line 3: id is 2; expected a string");
  }

  /** What would be a 400 once {@code eval} or the demo asks for the user. */
  @TestFactory
  Stream<DynamicTest> findsAUserWhomNoRequestCanAskFor() {
    var time = "" + TinySpace.NOW.getEpochSecond();
    return Stream.of(
        unfit(
            "timesInMilliseconds",
            s -> s.replace(time, time + "000"),
            "now is 1700000000000, which looks like milliseconds; expected whole seconds since"),
        unfit("aTimeBefore1970", s -> s.replace("\"now\":" + time, "\"now\":-1"), "now is -1"),
        unfit(
            "aTimeOutOfAllReason",
            s -> s.replace(time, "253402300799001"),
            "now is 253402300799001; expected"),
        unfit("aTimeWithAFraction", s -> s.replace(time, time + ".5"), "now is 1.7000000005E9"),
        unfit("aLongId", s -> s.replace("\"u2\"", quoted(257)), "id has 257 characters"),
        unfit(
            "aLongItem",
            s -> s.replace("\"gone\"", quoted(257)),
            "history[3][0] has 257 characters; expected at most 256"),
        unfit(
            "aLongAction",
            s -> s.replace("\"click\"", quoted(257)),
            "history[1][1] has 257 characters"),
        unfit(
            "halfASurrogatePairInAnId",
            s -> s.replace("\"u2\"", "\"\\ud800u2\""),
            "users.jsonl line 3: id holds half of a surrogate pair; expected whole Unicode text"),
        unfit(
            "halfASurrogatePairInAnItem",
            s -> s.replace("\"gone\"", "\"gone\\uDC00\""),
            "history[3][0] holds half of a surrogate pair"),
        unfit(
            "halfASurrogatePairInAProfile",
            s -> s.replace("\"north\"", "\"\\ude00\\ud83d\""),
            "profile.region holds half of a surrogate pair"),
        unfit(
            "halfASurrogatePairInAProfileKey",
            s -> s.replace("\"age\"", "\"\\ud83dage\""),
            "profile has a key with half of a surrogate pair"),
        unfit(
            "aKeyTwice",
            s -> s.replace("\"age\"", "\"age\":\"x\",\"age\""),
            "profile.age is given twice; expected it once"),
        unfit("aLongText", s -> s.replace("\"red lamp\"", quoted(1025)), "has 1025 characters"),
        unfit("noText", s -> s.replace(",\"text\":\"red lamp\"", ""), "has no text"),
        unfit("aBlankText", s -> s.replace("red lamp", " "), "held_out.text-search has no text"),
        unfit(
            "aTextNotAskedFor",
            s -> s.replace("\"items\":[\"i22\"]}", "\"items\":[\"i22\"],\"text\":\"x\"}"),
            "held_out.next-item has a text; expected text as objective next-item takes it: none"),
        unfit(
            "oracleRanksOfOtherItems",
            s -> s.replace("\"items\":[\"i22\"]}", "\"items\":[\"i22\"],\"oracle_ranks\":[1,2]}"),
            "held_out.next-item.oracle_ranks has 2 elements; expected 1"),
        unfit(
            "anOracleRankBeyondTheItems",
            s -> s.replace("\"items\":[\"i22\"]}", "\"items\":[\"i22\"],\"oracle_ranks\":[9999]}"),
            "held_out.next-item.oracle_ranks[0] is 9999; expected"),
        unfit("aLongProfileKey", s -> s.replace("\"age\"", quoted(1025)), "a key of 1025"),
        unfit("aLongProfileValue", s -> s.replace("\"north\"", quoted(1025)), "profile.region has"),
        unfit(
            "aLargeProfile",
            s -> s.replace("\"age\"", members(62) + "\"age\""),
            "profile has 65 entries; expected at most 64"),
        unfit(
            "aLongHistory",
            s -> s.replace("\"history\":[]", "\"history\":[" + behaviours(2001) + "]"),
            "users.jsonl line 1: history has 2001 behaviours; expected at most 2000"));
  }

  @Test
  void takesAUserAtEveryBound() {
    var astral = "\"" + "\ud83d\ude00".repeat(128) + "\"";
    passed(
        TinySpace.in(directory)
            .text(
                "users.jsonl",
                s ->
                    s.replace("\"u2\"", astral)
                        .replace("\"red lamp\"", quoted(1024))
                        .replace("\"north\"", quoted(1024))
                        .replace("\"age\"", members(61) + "\"age\"")
                        .replace("\"history\":[]", "\"history\":[" + behaviours(2000) + "]")
                        .replace("\"now\":1700000000", "\"now\":253402300799")));
  }

  private DynamicTest unfit(String name, UnaryOperator<String> edit, String words) {
    var tiny = TinySpace.in(directory.resolve(name)).text("users.jsonl", edit);
    return DynamicTest.dynamicTest(name, () -> failed(tiny, words));
  }

  private static String quoted(int characters) {
    return "\"" + "x".repeat(characters) + "\"";
  }

  private static String members(int count) {
    return IntStream.range(0, count)
        .mapToObj("\"k%d\":\"v\","::formatted)
        .collect(Collectors.joining());
  }

  private static String behaviours(int count) {
    return String.join(",", Collections.nCopies(count, "[\"i1\",\"click\",0]"));
  }

  @Test
  void findsNeighboursOutOfOrder() {
    // The last row's first neighbour and its last one change places.
    failed(
        TinySpace.in(directory)
            .file(
                "neighbours.npy",
                bytes -> {
                  var first = bytes[bytes.length - 16];
                  bytes[bytes.length - 16] = bytes[bytes.length - 4];
                  bytes[bytes.length - 4] = first;
                  return bytes;
                }),
        "neighbours.npy: row 23 holds");
  }

  @Test
  void findsANeighbourTwice() {
    failed(
        TinySpace.in(directory)
            .file(
                "neighbours.npy",
                bytes -> {
                  bytes[bytes.length - 4] = bytes[bytes.length - 8];
                  return bytes;
                }),
        "twice");
  }

  @Test
  void findsAGoldenTopThatTheVectorsDoNotGive() {
    failed(
        TinySpace.in(directory).text("golden.jsonl", SpaceCheckTest::withFirstAndLastSwapped),
        "golden request 1 (next-item): rank 1 is item");
  }

  private static String withFirstAndLastSwapped(String lines) {
    var first = lines.lines().findFirst().orElseThrow();
    var request = new JsonObject(first);
    var best = request.getJsonArray("top").getJsonArray(0);
    var last = request.getJsonArray("top").getJsonArray(19);
    var id = best.getString(0);
    best.set(0, last.getString(0));
    last.set(0, id);
    return lines.replace(first, request.encode());
  }

  private static List<String> passed(TinySpace tiny) {
    return findings(tiny).stream()
        .peek(finding -> assertTrue(finding.passed(), finding.what()))
        .map(SpaceCheck.Finding::what)
        .toList();
  }

  private static void failed(TinySpace tiny, String words) {
    var failed = findings(tiny).stream().filter(finding -> !finding.passed()).toList();
    assertEquals(1, failed.size(), failed.toString());
    assertTrue(failed.getFirst().what().contains(words), failed.getFirst().what());
  }

  private static List<SpaceCheck.Finding> findings(TinySpace tiny) {
    try (var space = Space.open(tiny.write(), Verification.CHECKSUMS)) {
      return SpaceCheck.run(
          space, Engine.exact(space.itemVectors().orElseThrow(), Kernels.plain()));
    }
  }
}
