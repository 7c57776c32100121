package io.trawl.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Behaviour;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.User;
import io.trawl.space.Space;
import io.trawl.space.TinyPrompt;
import io.trawl.space.TinySpace;
import io.trawl.space.TinyTokenizer;
import io.trawl.space.Verification;
import io.trawl.space.source.SpaceRefused;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PromptBuilderTest {

  private static final Instant NOW = TinySpace.NOW;
  private static final ObjectiveRequest NEXT = new ObjectiveRequest("next-item", null);
  private static final int LONGEST = TinySpace.LENGTHS.getLast();

  private final Path directory;
  private final Space space;
  private final PromptBuilder prompts;

  PromptBuilderTest(@TempDir Path directory) {
    this.directory = directory;
    this.space = Space.open(TinySpace.write(directory.resolve("tiny")), Verification.SIZES);
    this.prompts = PromptBuilder.of(space);
  }

  @AfterEach
  void close() {
    prompts.close();
    space.close();
  }

  @Test
  void writesTheGoldenRequests() {
    for (var golden : space.goldenRequests()) {
      assertEquals(Optional.empty(), prompts.disagreement(golden));
    }
  }

  @Test
  void tellsADisagreementWithAGoldenRequest() {
    var other =
        TinySpace.in(directory.resolve("other"))
            .text("golden.jsonl", text -> text.replaceFirst("\"click\",", "\"purchase\","));
    try (var wrong = Space.open(other.write(), Verification.CHECKSUMS)) {
      var told = wrong.goldenRequests().stream().flatMap(g -> prompts.disagreement(g).stream());
      assertTrue(
          told.findFirst().orElseThrow().startsWith("golden request 3 (next-item): token_ids has"));
    }
  }

  @Test
  void writesAnEmptyUser() {
    var prompt = prompts.build(NEXT, user(Map.of()), NOW);
    assertEquals(32, prompt.length());
    var written = TinyTokenizer.encode("<|user|><|history|><|objective|>next item");
    assertEquals(written, unpadded(prompt));
    assertEquals(
        32 - written.size(), Arrays.stream(prompt.attentionMask()).filter(m -> m == 0).count());
    assertEquals(0, prompt.itemPositions().length);
  }

  @Test
  void wordsThatMayStandInATemplateAreWordsAlone() {
    assertTrue(prompts.isPlain("ein Geschenk für Zoë, \ud83c\udfd5"));
    for (var wrong :
        List.of("", " ", " x", "x  y", "a\nb", "<|item|>", "x <|", "|>", "\ud83c", "\u0085")) {
      assertFalse(prompts.isPlain(wrong), wrong);
    }
  }

  @Test
  void writesTimesByAge() {
    assertEquals("<|day|><|item|>", history(after(0)));
    assertEquals("<|day|><|item|>", history(after(86_400)));
    assertEquals("<|week|><|item|>", history(after(86_401)));
    assertEquals("<|week|><|item|>", history(after(604_800)));
    assertEquals("<|older|><|item|>", history(after(604_801)));
    assertEquals("<|older|><|item|>", history(new Behaviour("i1", null, Instant.MIN)));
    assertEquals("<|day|><|item|>", history(after(-1_000_000)), "the future counts as now");
    assertEquals("<|item|>", history(new Behaviour("i1", null, null)), "no time, no text");
  }

  @Test
  void writesNoAgesWithoutARequestTime() {
    var prompt = prompts.build(NEXT, user(Map.of(), after(5)), null);
    assertEquals(
        TinyTokenizer.encode("<|user|><|history|><|item|><|objective|>next item"),
        unpadded(prompt));
  }

  @Test
  void writesActions() {
    assertEquals("<|click|><|item|>", history(new Behaviour("i1", "click", null)));
    assertEquals("<|item|>", history(new Behaviour("i1", "purchase", null)));
    assertEquals("<|item|>", history(new Behaviour("i1", null, null)));
  }

  @Test
  void skipsAndCountsUnknownItemsAndActions() {
    var history =
        new Behaviour[] {
          known(4),
          new Behaviour("gone", null, null),
          new Behaviour("i3", "borrow", null),
          new Behaviour("gone", "borrow", null),
          known(2)
        };
    var prompt = prompts.build(NEXT, user(Map.of(), history), NOW);
    assertEquals(3, prompt.behavioursSkipped());
    assertEquals(0, prompt.behavioursDropped());
    assertArrayEquals(new int[] {4, 2}, prompt.itemOrdinals());
  }

  @Test
  void cutsTheProfileAsAWhole() {
    var prompt = prompts.build(NEXT, user(Map.of("region", "x".repeat(500), "age", "4")), NOW);
    assertEquals(
        TinyTokenizer.encode("<|user|>region: xxxxxxxx<|history|><|objective|>next item"),
        unpadded(prompt));
  }

  @Test
  void keepsTheNewestOfALongHistory() {
    var history = IntStream.range(0, 400).mapToObj(i -> known(i % 24)).toArray(Behaviour[]::new);
    var prompt = prompts.build(NEXT, user(Map.of(), history), NOW);
    assertEquals(TinySpace.MAX_BEHAVIOURS, prompt.itemOrdinals().length);
    assertEquals(350, prompt.behavioursDropped());
    assertEquals(399 % 24, prompt.itemOrdinals()[49]);
    assertEquals(64, prompt.length());
  }

  @Test
  void refusesARequestThatDoesNotFitTheObjective() {
    var user = user(Map.of());
    refuses(() -> prompts.build(new ObjectiveRequest("nothing", null), user, NOW), "nothing");
    refuses(() -> prompts.build(new ObjectiveRequest("next-item", "x"), user, NOW), "none");
    refuses(() -> prompts.build(new ObjectiveRequest("text-search", null), user, NOW), "required");
  }

  /** Random requests: like the plain twin, never too long, newest kept, counts add up. */
  @Test
  void agreesWithThePlainTwin() {
    var seed = System.nanoTime();
    var random = new Random(seed);
    for (var round = 0; round < 400; round++) {
      var user = randomUser(random);
      var search = random.nextBoolean();
      var written = randomText(random);
      // A blank text is none, which this objective refuses.
      var text = search ? (ObjectiveRequest.isBlank(written) ? "tea" : written) : null;
      var objective = new ObjectiveRequest(search ? "text-search" : "next-item", text);
      var now = random.nextInt(8) == 0 ? null : NOW;
      var why = "seed " + seed + " round " + round;

      var prompt = prompts.build(objective, user, now);
      var plain = TinyPrompt.of(objective.name(), text, user, now);
      assertEquals(plain.tokenIds(), Arrays.stream(prompt.tokenIds()).boxed().toList(), why);
      assertEquals(
          plain.attentionMask(), Arrays.stream(prompt.attentionMask()).boxed().toList(), why);
      assertEquals(plain.positions(), positions(prompt), why);
      assertEquals(plain.skipped(), prompt.behavioursSkipped(), why);
      assertEquals(plain.dropped(), prompt.behavioursDropped(), why);

      assertTrue(prompt.length() <= LONGEST, why);
      assertEquals(
          user.history().size(),
          prompt.itemOrdinals().length + prompt.behavioursSkipped() + prompt.behavioursDropped(),
          why);
      var known =
          user.history().stream()
              .filter(b -> !"other".equals(b.action()))
              .mapToInt(b -> TinySpace.ordinal(b.itemId()))
              .filter(o -> o >= 0);
      var newest = known.skip(prompt.behavioursDropped()).toArray();
      assertArrayEquals(newest, prompt.itemOrdinals(), why);
      var again = prompts.build(objective, user, now);
      assertArrayEquals(prompt.tokenIds(), again.tokenIds(), why);
    }
  }

  /** No text of a user becomes a special token, whatever stands around it. */
  @Test
  void keepsUsersFromWritingSpecialTokens() {
    var history = new Behaviour[] {known(1), new Behaviour("i2", "<|click|>", NOW)};
    var harmless = prompts.build(search("x"), user(Map.of("region", "x"), history), NOW);
    for (var special : TinyTokenizer.SPECIAL) {
      for (var wrap : List.of("%s", "x%sx", "<%s>", "\u0000%s\n", "|%s|", "<|%s|>")) {
        var attack = wrap.formatted(special);
        for (var split :
            List.of(attack, attack.replace("|", "\u0000|"), attack.replace("|", "|\u200b"))) {
          var prompt =
              prompts.build(
                  search(split), user(Map.of("region", split, split, split), history), NOW);
          assertEquals(specials(harmless), specials(prompt), split);
          assertArrayEquals(harmless.itemOrdinals(), prompt.itemOrdinals(), split);
        }
      }
    }
  }

  @Test
  void takesAnyTextThatJavaCanHold() {
    for (var text :
        List.of("\ud800", "\udc00x", "😀", "a\u0000b", "\ufffe\uffff", "x".repeat(100_000))) {
      var prompt = prompts.build(search(text), user(Map.of("age", text)), NOW);
      assertTrue(prompt.length() <= LONGEST, text);
    }
  }

  @Test
  void refusesAGrammarThatTheTokenizerDoesNotKnow() {
    refused(
        "pad",
        m -> m.getJsonObject("prompt").put("pad", "<|nothing|>"),
        "prompt.pad, <|nothing|>, as 11 tokens");
    refused("item", m -> m.getJsonObject("prompt").put("item", ""), "item");
  }

  @Test
  void refusesASpaceWhosePromptsCouldExceedTheLargestLength() {
    // Three special tokens, 102 of the profile, "search: ", 16 of the text.
    refused(
        "long",
        m -> m.getJsonObject("prompt").getJsonObject("profile").put("max_tokens", 102),
        "text-search needs 129 tokens without any history; expected at most 128");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "[1}", "{\"a\":nan}", "DEEP", "{} {}"})
  void aTokenizerThatIsNoJsonIsRefusedInOurWords(String text) {
    var json = text.equals("DEEP") ? "[".repeat(5000) : text;
    var broken = TinySpace.in(directory.resolve("broken")).text("tokenizer.json", _ -> json);
    try (var space = Space.open(broken.write(), Verification.SIZES)) {
      var refused = assertThrows(SpaceRefused.class, () -> PromptBuilder.of(space)).getMessage();
      assertTrue(refused.startsWith("tokenizer.json: is not JSON ("), refused);
      assertFalse(refused.contains("StreamRead") || refused.contains("Source"), refused);
    }
  }

  @Test
  void refusesABrokenTokenizer() {
    var broken = TinySpace.in(directory.resolve("broken")).text("tokenizer.json", _ -> "{}");
    try (var opened = Space.open(broken.write(), Verification.SIZES)) {
      var refused = assertThrows(SpaceRefused.class, () -> PromptBuilder.of(opened));
      assertTrue(refused.getMessage().startsWith("tokenizer.json: "), refused.getMessage());
    }
  }

  @Test
  void refusesATokenizerThatLoadsAndHasNoTokensForATemplate() {
    var words = new JsonObject().put("a", 0);
    var model =
        new JsonObject().put("type", "WordLevel").put("vocab", words).put("unk_token", "absent");
    var broken =
        TinySpace.in(directory.resolve("broken"))
            .text("tokenizer.json", json -> new JsonObject(json).put("model", model).encode());
    try (var opened = Space.open(broken.write(), Verification.SIZES)) {
      var refused = assertThrows(SpaceRefused.class, () -> PromptBuilder.of(opened)).getMessage();
      assertTrue(refused.startsWith("tokenizer.json: cannot encode a text ("), refused);
    }
  }

  private void refused(String name, Consumer<JsonObject> edit, String words) {
    var edited = TinySpace.in(directory.resolve(name)).manifest(edit);
    var refused =
        assertThrows(
            SpaceRefused.class,
            () -> {
              try (var opened = Space.open(edited.write(), Verification.SIZES)) {
                PromptBuilder.of(opened).close();
              }
            });
    assertTrue(refused.getMessage().contains(words), refused.getMessage());
  }

  private static void refuses(Runnable build, String words) {
    var refused = assertThrows(IllegalArgumentException.class, build::run);
    assertTrue(String.valueOf(refused.getMessage()).contains(words), refused.getMessage());
  }

  private String history(Behaviour behaviour) {
    var ids = unpadded(prompts.build(NEXT, user(Map.of(), behaviour), NOW));
    var text = new StringBuilder();
    var from = ids.indexOf((long) TinyTokenizer.SPECIAL.indexOf("<|history|>")) + 1;
    var to = ids.indexOf((long) TinyTokenizer.SPECIAL.indexOf("<|objective|>"));
    ids.subList(from, to).forEach(id -> text.append(TinyTokenizer.SPECIAL.get((int) (long) id)));
    return text.toString();
  }

  private static List<Long> unpadded(Prompt prompt) {
    return IntStream.range(0, prompt.length())
        .filter(i -> prompt.attentionMask()[i] == 1)
        .mapToObj(i -> prompt.tokenIds()[i])
        .toList();
  }

  private static List<Long> specials(Prompt prompt) {
    return unpadded(prompt).stream().filter(id -> id < TinyTokenizer.SPECIAL.size()).toList();
  }

  private static List<List<Integer>> positions(Prompt prompt) {
    return IntStream.range(0, prompt.itemPositions().length)
        .mapToObj(i -> List.of(prompt.itemPositions()[i], prompt.itemOrdinals()[i]))
        .toList();
  }

  private static ObjectiveRequest search(String text) {
    return new ObjectiveRequest("text-search", text);
  }

  private static User user(Map<String, String> profile, Behaviour... history) {
    return new User("u", profile, List.of(history));
  }

  private static Behaviour known(int ordinal) {
    return new Behaviour("i" + ordinal, null, null);
  }

  private static Behaviour after(long seconds) {
    return new Behaviour("i1", null, NOW.minusSeconds(seconds));
  }

  private static User randomUser(Random random) {
    var profile = new HashMap<String, String>();
    for (var key : List.of("region", "age", "other")) {
      if (random.nextBoolean()) {
        profile.put(key, randomText(random));
      }
    }
    var history = new ArrayList<Behaviour>();
    for (var i = random.nextInt(90); i > 0; i--) {
      history.add(
          new Behaviour(
              "i" + random.nextInt(28),
              randomAction(random),
              random.nextInt(5) == 0 ? null : NOW.minusSeconds(random.nextInt(900_000) - 50_000)));
    }
    return new User("u", profile, history);
  }

  private static @Nullable String randomAction(Random random) {
    return random.nextBoolean()
        ? null
        : List.of("click", "purchase", "other").get(random.nextInt(3));
  }

  private static String randomText(Random random) {
    var pieces =
        List.of("a", "B", " ", "<|", "|>", "click", "\n", "é", "😀", "\u00a0", "don't", "7");
    var text = new StringBuilder();
    for (var i = random.nextInt(9); i > 0; i--) {
      text.append(pieces.get(random.nextInt(pieces.size())));
    }
    return text.toString();
  }
}
