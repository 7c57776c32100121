package io.trawl.space;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpaceSummaryTest {

  @Test
  void tellsWhatAPersonWantsToKnow(@TempDir Path directory) {
    try (var space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS)) {
      var summary = SpaceSummary.of(space);
      assertEquals(5, summary.users());
      assertEquals(new Quantiles(0, 4, 8), summary.historyLengths());
      assertEquals(Map.of("next-item", 5, "text-search", 5), summary.heldOutUsers());
      assertTrue(summary.vectorNorms().least() > 0);
      assertTrue(summary.vectorNorms().least() <= summary.vectorNorms().median());
      // User u2: the unknown item is left out, as in the real prompt.
      assertEquals(
          "<|user|>region: north; age: 32<|history|>…<|week|><|click|>[White lamp]<|week|>[Blue"
              + " chair]<|objective|>search: red lamp",
          summary.prompts().get("text-search"));
    }
  }

  @Test
  void showsNoBehaviourWithAnUnknownAction(@TempDir Path directory) {
    var tiny = TinySpace.in(directory).text("users.jsonl", s -> s.replace("\"click\"", "\"buy\""));
    try (var space = Space.open(tiny.write(), Verification.CHECKSUMS)) {
      assertEquals(
          "<|user|>region: north; age: 32<|history|>…<|week|>[Blue chair]<|objective|>next item",
          SpaceSummary.of(space).prompts().get("next-item"));
    }
  }
}
