package io.trawl.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.domain.Behaviour;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.User;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.trawl.workers.client.Tensor;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.testkit.service.PrefixCache;
import io.trawl.workers.testkit.service.Prompts;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

  /** What a worker's prefix cache lives from: all that is the user's comes first. */
  @Test
  void objectivesOfOneUserBeginAlikeAndThoseOfAnotherDoNot() {
    try (var space = Space.open(TinySpace.write(directory), Verification.SIZES);
        var prompts = PromptBuilder.of(space)) {
      var tensors = new PromptTensors(space);
      var next = new ObjectiveRequest("next-item", null);
      var search = new ObjectiveRequest("text-search", "a warm coat for long walks");
      var cache = new PrefixCache(100);
      cache.take(read(tensors.of(prompts.build(next, user(0), null))));
      // Two words, thirty items, and what both objectives begin with.
      assertEquals(32, cache.warm(read(tensors.of(prompts.build(search, user(0), null)))));
      assertEquals(0, cache.warm(read(tensors.of(prompts.build(next, user(1), null)))));
    }
  }

  /** Who looked at thirty items, from one on. */
  private static User user(int from) {
    return new User(
        "u",
        Map.of(),
        IntStream.range(from, from + 30)
            .mapToObj(i -> new Behaviour("i" + i % TinySpace.ITEMS, null, null))
            .toList());
  }

  private static long[] read(Tensor[] tensors) {
    var raw =
        Arrays.stream(tensors)
            .collect(
                Collectors.toMap(Tensor::name, tensor -> ByteBuffer.wrap(tensor.raw().getBytes())));
    return Prompts.of(1, raw::get).getFirst();
  }
}
