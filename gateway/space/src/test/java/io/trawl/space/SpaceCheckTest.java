package io.trawl.space;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.retrieval.Engine;
import io.trawl.retrieval.Kernels;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
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
