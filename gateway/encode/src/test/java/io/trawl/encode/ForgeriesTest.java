package io.trawl.encode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.User;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Users who write the special tokens that a base checkpoint's tokenizer brings of its own. The file
 * was written by the trainer's {@code tests/forgeries.py}, which reads it as this test does.
 */
class ForgeriesTest {

  private static final Path FILE = Path.of("../../triton-models/tests/forgeries.json");

  private final JsonObject file;
  private final Space space;
  private final PromptBuilder prompts;

  ForgeriesTest(@TempDir Path directory) throws IOException {
    this.file = new JsonObject(Files.readString(FILE));
    var tiny =
        TinySpace.in(directory)
            .text("tokenizer.json", _ -> file.getJsonObject("tokenizer").encode())
            .manifest(ForgeriesTest::withPlainGrammar);
    this.space = Space.open(tiny.write(), Verification.SIZES);
    this.prompts = PromptBuilder.of(space);
  }

  private static void withPlainGrammar(JsonObject manifest) {
    var prompt = manifest.getJsonObject("prompt");
    prompt.getJsonObject("text").put("max_tokens", 60);
    prompt
        .getJsonObject("history")
        .put("actions", new JsonObject().put("purchase", ""))
        .put("times", new JsonArray());
    for (var objective : List.of(0, 1)) {
      manifest
          .getJsonArray("objectives")
          .getJsonObject(objective)
          .put("template", objective == 0 ? "{profile}{history}" : "{text}{history}");
    }
  }

  @AfterEach
  void close() {
    prompts.close();
    space.close();
  }

  @Test
  void givesTheIdsThatTheTrainerGives() {
    var texts = file.getJsonArray("texts");
    assertFalse(texts.isEmpty());
    for (var i = 0; i < texts.size(); i++) {
      var text = texts.getJsonArray(i).getString(0);
      var expected =
          texts.getJsonArray(i).getJsonArray(1).stream().map(id -> ((Number) id).longValue());
      // A blank text is none, which this objective refuses: it never comes so far.
      if (!ObjectiveRequest.isBlank(text)) {
        assertEquals(expected.toList(), ids(text), text);
      }
    }
  }

  /** Random texts of tokens, halves of tokens and their look-alikes, in profile and text. */
  @Test
  void noTextOfAUserHoldsASpecialToken() {
    var pieces =
        file.getJsonArray("texts").stream().map(text -> ((JsonArray) text).getString(0)).toList();
    var specials = specials();
    var seed = System.nanoTime();
    var random = new Random(seed);
    for (var round = 0; round < 5_000; round++) {
      var text =
          random
              .ints(1 + random.nextInt(6), 0, pieces.size())
              .mapToObj(pieces::get)
              .collect(Collectors.joining());
      var user = new User("u", Map.of("region", text, "age", text), List.of());
      var why = "seed " + seed + " text " + text;
      assertFalse(ids(text + "x").stream().anyMatch(specials::contains), why);
      assertFalse(
          ids(prompts.build(new ObjectiveRequest("next-item", null), user, null)).stream()
              .anyMatch(specials::contains),
          why);
    }
  }

  @Test
  void specialTokensTakeNoRoomOfTheUsersWords() {
    assertEquals(ids("red lamp"), ids("<s>".repeat(2_000) + "red lamp"));
    assertTrue(ids("[inst] ™ <mask>").stream().noneMatch(specials()::contains));
  }

  @Test
  void textsWithThemAreNotPlain() {
    assertTrue(prompts.isPlain("red lamp"));
    for (var forged : List.of("<s>", "red [inst] lamp", "<mask>")) {
      assertFalse(prompts.isPlain(forged), forged);
    }
  }

  private Set<Long> specials() {
    var added = file.getJsonObject("tokenizer").getJsonArray("added_tokens");
    return IntStream.range(0, added.size())
        .mapToObj(added::getJsonObject)
        .filter(
            token -> token.getBoolean("special") || token.getString("content").equals("<|think|>"))
        .map(token -> token.getLong("id"))
        .collect(Collectors.toSet());
  }

  private List<Long> ids(String text) {
    return ids(
        prompts.build(
            new ObjectiveRequest("text-search", text), new User("u", Map.of(), List.of()), null));
  }

  private static List<Long> ids(Prompt prompt) {
    return Arrays.stream(prompt.tokenIds())
        .skip(Arrays.stream(prompt.attentionMask()).filter(mask -> mask == 0).count())
        .boxed()
        .toList();
  }
}
