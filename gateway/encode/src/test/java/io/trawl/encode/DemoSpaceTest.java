package io.trawl.encode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.space.Space;
import io.trawl.space.Verification;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The shipped space, whose tokenizer and golden requests were written by the trainer in Python. */
class DemoSpaceTest {

  private static final Path DEMO = Path.of("../../triton-models/spaces/demo-shop");

  @Test
  void writesThePromptsThatTheTrainerWrote() {
    try (var space = Space.open(DEMO, Verification.CHECKSUMS);
        var prompts = PromptBuilder.of(space)) {
      assertFalse(space.goldenRequests().isEmpty());
      for (var golden : space.goldenRequests()) {
        assertEquals(Optional.empty(), prompts.disagreement(golden));
      }
      assertTrue(space.users().mapToInt(user -> user.heldOut().size()).sum() > 0);
    }
  }
}
