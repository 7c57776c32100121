package io.trawl.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.trawl.workers.tensors.Datatype;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptTensorsTest {

  private final Path directory;

  PromptTensorsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void putsEmbeddingsAtItemPositionsAndZeroElsewhere() {
    var prompt =
        new Prompt(
            new long[] {0, 0, 1, 77, 1},
            new long[] {0, 0, 1, 1, 1},
            new int[] {2, 4},
            new int[] {9, 23},
            0,
            0);
    try (var space = Space.open(TinySpace.write(directory), Verification.SIZES)) {
      var tensors = new PromptTensors(space).of(prompt);
      assertEquals(3, tensors.length);

      assertEquals("token_ids", tensors[0].name());
      assertArrayEquals(new long[] {1, 5}, tensors[0].shape());
      assertArrayEquals(prompt.tokenIds(), tensors[0].toLongs());

      assertEquals("attention_mask", tensors[1].name());
      assertArrayEquals(prompt.attentionMask(), tensors[1].toLongs());

      assertEquals("item_embeddings", tensors[2].name());
      assertEquals(Datatype.FP32, tensors[2].datatype());
      assertArrayEquals(new long[] {1, 5, TinySpace.EMBEDDING_WIDTH}, tensors[2].shape());
      var expected = new float[5 * TinySpace.EMBEDDING_WIDTH];
      var rows = TinySpace.embeddings();
      System.arraycopy(rows[9], 0, expected, 2 * rows[9].length, rows[9].length);
      System.arraycopy(rows[23], 0, expected, 4 * rows[23].length, rows[23].length);
      assertArrayEquals(expected, tensors[2].toFloats());
    }
  }
}
