package io.trawl.space.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.space.NpyBytes;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every way in which a space can disagree with itself, and the sentence that says so. */
class SpaceRefusedTest {

  private final Path directory;

  SpaceRefusedTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void anIndexThatIsCutOff() throws IOException {
    TinySpace.in(directory).withLexical("words-1", Map.of("segments_1", new byte[9])).write();
    Files.write(directory.resolve("lexical/segments_1"), new byte[8]);
    refused("lexical/segments_1", "has 8 bytes", "9, as the manifest says");
    Files.write(directory.resolve("lexical/segments_1"), new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0});
    refused("lexical/segments_1", "has the SHA-256", "as the manifest says");
  }

  @Test
  void aTailOfOtherNumbers() {
    TinySpace.in(directory)
        .withRules()
        .file(
            "tail.npy",
            bytes -> {
              bytes[bytes.length - 1] = 2;
              return bytes;
            })
        .write();
    refused("tail.npy", "row 23 holds 2", "0 or 1");
  }

  @Test
  void aTailOfOtherItems() {
    TinySpace.in(directory).withRules().with("tail.npy", NpyBytes.uint8((byte) 1)).write();
    refused("tail.npy", "has the shape (1,1)", "(24,1), as the manifest says");
  }

  // What happens to a space after it was written.

  @Test
  void aTruncatedFile() throws IOException {
    var path = written().resolve("item_vectors.npy");
    var bytes = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(bytes, bytes.length - 1));
    refused("item_vectors.npy", "895 bytes", "896, as the manifest says");
  }

  @Test
  void aFileThatGrew() throws IOException {
    var path = written().resolve("card.md");
    Files.writeString(path, Files.readString(path) + "more");
    refused("card.md", "11 bytes", "7");
  }

  @Test
  void aFlippedBit() throws IOException {
    var path = written().resolve("item_vectors.npy");
    var bytes = Files.readAllBytes(path);
    bytes[500] ^= 1;
    Files.write(path, bytes);
    refused("item_vectors.npy", "SHA-256", "as the manifest says");
  }

  @Test
  void anotherTokenizerOfTheSameSize() throws IOException {
    var path = written().resolve("tokenizer.json");
    Files.writeString(path, Files.readString(path).replace("<|click|>", "<|clack|>"));
    refused("tokenizer.json", "SHA-256", "as the manifest says");
  }

  @Test
  void aMissingFile() throws IOException {
    Files.delete(written().resolve("models/tiny_backbone/1/model.onnx"));
    refused("models/tiny_backbone/1/model.onnx", "no such file", "listed");
  }

  @Test
  void aFileBehindASymbolicLink() throws IOException {
    var path = written().resolve("tokenizer.json");
    var elsewhere = directory.resolve("unlisted.json");
    Files.move(path, elsewhere);
    Files.createSymbolicLink(path, elsewhere);
    refused("tokenizer.json", "symbolic link tokenizer.json", "the space's own");
  }

  @Test
  void aDirectoryBehindASymbolicLink() throws IOException {
    var models = written().resolve("models");
    var elsewhere = directory.resolve("elsewhere");
    Files.move(models, elsewhere);
    Files.createSymbolicLink(models, elsewhere);
    refused("models/tiny_backbone/config.pbtxt", "link models", "own");
  }

  @Test
  void noManifest() {
    refused("manifest.json", "no such file", "a space's manifest");
  }

  @Test
  void aManifestThatIsNoJson() throws IOException {
    Files.writeString(written().resolve("manifest.json"), "{\"format_version\": 1,");
    refused("manifest.json", "is not JSON", "one JSON value");
    Files.writeString(directory.resolve("manifest.json"), "[".repeat(5000));
    var deep = assertThrows(SpaceRefused.class, () -> Space.open(directory, Verification.SIZES));
    assertTrue(deep.getMessage().contains("is not JSON (nested too deep)"), deep::getMessage);
    Files.writeString(directory.resolve("manifest.json"), "{\"format_version\": [");
    var cut = assertThrows(SpaceRefused.class, () -> Space.open(directory, Verification.SIZES));
    assertTrue(cut.getMessage().contains("is not JSON (wrong at line 1, column "), cut::getMessage);
    assertFalse(cut.getMessage().contains("`"), cut::getMessage);
  }

  @Test
  void sizesAloneDoNotReadTheFiles() throws IOException {
    var path = written().resolve("item_vectors.npy");
    var bytes = Files.readAllBytes(path);
    bytes[500] ^= 1;
    Files.write(path, bytes);
    Space.open(directory, Verification.SIZES).close();
  }

  // What a space can be written with.

  @TestFactory
  Stream<DynamicTest> aManifest() {
    return Stream.of(
        manifest("anotherFormat", m -> m.put("format_version", 2), "2; expected 1"),
        manifest(
            "anUnknownKey",
            m -> m.put("vector_with", 8),
            "unknown key \"vector_with\"",
            "nearest: \"vector_width\""),
        manifest(
            "anUnknownInnerKey",
            m -> prompt(m).put("padding", "x"),
            "unknown key \"prompt.padding\"",
            "expected one of history, item, pad, profile, text"),
        manifest("aMissingKey", m -> m.remove("lengths"), "lacks the key \"lengths\""),
        manifest("aWrongType", m -> m.put("items", "24"), "items is \"24\"", "an integer from 1"),
        manifest("aFraction", m -> m.put("query_vectors", 4.5), "query_vectors is 4.5"),
        manifest(
            "anActionThatNoRequestCanName",
            m -> history(m).getJsonObject("actions").put("a".repeat(257), ""),
            "is of an action with a name of 257 characters",
            "expected 1 to 256"),
        manifest(
            "anItemThatIsWrittenLikePadding",
            m -> prompt(m).put("item", "<|pad|>"),
            "prompt.item is \"<|pad|>\"",
            "another text than that of pad, item and every other action and time"),
        manifest(
            "anActionThatIsWrittenLikeAnItem",
            m -> history(m).getJsonObject("actions").put("click", "<|item|>"),
            "prompt.history.actions.click is \"<|item|>\""),
        manifest(
            "twoActionsThatAreWrittenAlike",
            m -> history(m).getJsonObject("actions").put("tap", "<|click|>"),
            "prompt.history.actions.tap is \"<|click|>\""),
        manifest(
            "aTimeThatIsWrittenLikeAnAction",
            m -> history(m).getJsonArray("times").getJsonObject(1).put("text", "<|click|>"),
            "prompt.history.times[1].text is \"<|click|>\""),
        manifest(
            "aTemplateWithATokenOfTheGrammar",
            template("{history}<|click|>next"),
            "objectives[0].template is",
            "none of the special tokens of prompt, of which it has <|click|>"),
        manifest("aLongName", m -> m.put("name", "x".repeat(257)), "name has 257 characters"),
        manifest("noItems", m -> m.put("items", 0), "items is 0"),
        manifest(
            "lengthsThatFall",
            m -> m.put("lengths", array(64, 32)),
            "lengths[1] is 32",
            "more than the length before it, 64"),
        manifest("noLengths", m -> m.put("lengths", array()), "lengths is []"),
        manifest(
            "anotherBackboneVersion",
            m -> m.getJsonObject("backbone").put("version", 2),
            "backbone.version is 2",
            "the version of the space, 1"),
        manifest(
            "aModelOutside",
            m -> m.getJsonObject("backbone").put("model", "../x"),
            "backbone.model is \"../x\""),
        manifest(
            "anUnknownMetric",
            m -> m.getJsonObject("neighbours").put("metric", "dot"),
            "neighbours.metric is \"dot\"",
            "cosine, inner_product, l2"),
        manifest("neighboursOfNoTable", m -> m.remove("neighbours"), "lists neighbours.npy"),
        manifest(
            "anAttributeTwice",
            m -> m.getJsonArray("attributes").add(m.getJsonArray("attributes").getJsonObject(0)),
            "attributes[4].name is \"category\"",
            "not given before"),
        manifest(
            "aLongObjective",
            m -> objective(m).put("name", "x".repeat(257)),
            "objectives[0].name has 257 characters",
            "at most 256"),
        manifest(
            "anUnknownDefaultAction",
            m -> history(m).put("default_action", "buy"),
            "prompt.history.default_action is \"buy\"",
            "[purchase, click]"),
        manifest(
            "aTimeWithoutBoundInFront",
            m -> history(m).getJsonArray("times").getJsonObject(0).remove("max_age_seconds"),
            "prompt.history.times[0] has no max_age_seconds"),
        manifest(
            "aLastTimeWithABound",
            m -> history(m).getJsonArray("times").getJsonObject(2).put("max_age_seconds", 9999999),
            "prompt.history.times[2] is the last"),
        manifest(
            "timesThatFall",
            m -> history(m).getJsonArray("times").getJsonObject(1).put("max_age_seconds", 60),
            "prompt.history.times[1].max_age_seconds is 60",
            "86400"),
        manifest(
            "aTemplateWithoutHistory",
            template("{profile} next"),
            "objectives[0].template has {history} 0 times",
            "1 times"),
        manifest(
            "aTemplateWithTwoHistories", template("{history}{history}"), "has {history} 2 times"),
        manifest(
            "anUnknownPlaceholder",
            template("{history}{query}"),
            "unknown placeholder {query}",
            "{text}"),
        manifest(
            "textThatIsNotAsked", template("{history}{text}"), "has {text} 1 times", "0 times"),
        manifest(
            "textWithoutAPlace",
            m -> objective(m).put("text", "optional"),
            "has {text} 0 times",
            "1 times"),
        manifest(
            "anUnknownUseOfText",
            m -> objective(m).put("text", "maybe"),
            "objectives[0].text is \"maybe\"",
            "none, optional, required"),
        manifest(
            "aTailThatIsNotThere",
            m -> objective(m).put("tail_only", true),
            "files does not list tail.npy"),
        manifest(
            "aTailThatIsNoFlag",
            m -> objective(m).put("tail_only", "yes"),
            "objectives[0].tail_only is \"yes\"",
            "true or false"),
        manifest(
            "anExtrapolatedThatIsNoFlag",
            m -> objective(m).put("extrapolated", "yes"),
            "objectives[0].extrapolated is \"yes\"",
            "true or false"),
        manifest(
            "nothingThatWasTrained",
            m ->
                m.getJsonArray("objectives")
                    .forEach(one -> ((JsonObject) one).put("extrapolated", true)),
            "objectives has none but extrapolated ones",
            "at least one that the backbone was trained on"),
        manifest(
            "categoriesOfNoAttribute",
            m -> objective(m).put("leave_out_categories_of_history", "genre"),
            "objectives[0].leave_out_categories_of_history is \"genre\"",
            "an attribute of type text or texts"),
        manifest(
            "categoriesThatAreNumbers",
            m -> objective(m).put("leave_out_categories_of_history", "price"),
            "objectives[0].leave_out_categories_of_history is \"price\"",
            "an attribute of type text or texts"),
        manifest(
            "wordsWithoutAnIndex",
            m -> m.getJsonArray("objectives").getJsonObject(1).put("lexical", true),
            "objectives[1].lexical is true",
            "false, since the manifest has no key \"lexical\""),
        manifest(
            "wordsWithoutAText",
            m -> {
              m.put("lexical", index("lexical"));
              objective(m).put("lexical", true);
            },
            "objectives[0].lexical is true",
            "false, since the objective takes no text"),
        manifest(
            "wordsThatCountNothing",
            m -> m.getJsonArray("objectives").getJsonObject(1).put("lexical_weight", 0),
            "objectives[1].lexical_weight is 0",
            "a number above 0 and at most 1000"),
        manifest(
            "aWeightOfNoWords",
            m -> objective(m).put("lexical_weight", 2),
            "objectives[0].lexical_weight is given",
            "none, since the objective takes no text"),
        manifest(
            "anIndexWithoutFiles",
            m -> m.put("lexical", index("lexical")),
            "files lists 0 of lexical/",
            "1 to 64, those of the lexical index"),
        manifest(
            "anIndexOutside",
            m -> m.put("lexical", index("../lexical")),
            "lexical.folder is \"../lexical\"",
            "the name of a directory of the space"),
        manifest(
            "aNoteThatIsAList", m -> m.getJsonObject("notes").put("x", array(1)), "notes.x is [1]"),
        manifest(
            "anotherNumberOfItems",
            m -> m.put("items", 25),
            "has the shape (24,8)",
            "(25,8), as the manifest says"),
        manifest("anotherVectorWidth", m -> m.put("vector_width", 16), "(24,8)", "(24,16)"),
        manifest(
            "anotherEmbeddingWidth",
            m -> m.put("embedding_width", 4),
            "item_embeddings.npy: has the shape (24,3)"),
        manifest(
            "anotherNumberOfQueryVectors",
            m -> m.put("query_vectors", 8),
            "golden.jsonl line 1: query_vectors has 4 elements",
            "8"),
        manifest(
            "anotherNeighbourCount",
            m -> m.getJsonObject("neighbours").put("count", 5),
            "neighbours.npy: has the shape (24,4)"),
        manifest("aPathThatEscapes", listing("../x"), "lists the path \"../x\""),
        manifest("anAbsolutePath", listing("/etc/hosts"), "lists the path \"/etc/hosts\""),
        manifest("aPathThroughDots", listing("models/./x"), "lists the path \"models/./x\""),
        manifest("aPathWithABackslash", listing("a\\b"), "lists the path"),
        manifest("itselfListed", listing("manifest.json"), "lists the manifest itself"));
  }

  /** What cannot be written as a decoded manifest, since the writer mends or replaces it. */
  @TestFactory
  Stream<DynamicTest> aManifestAsText() {
    var half = " holds half of a surrogate pair; expected whole Unicode text";
    return Stream.of(
        manifestText(
            "halfASurrogatePairInTheName",
            s -> s.replaceFirst("\"name\" ?: ?\"", "$0\\\\ud800"),
            "manifest.json: name" + half),
        manifestText(
            "halfASurrogatePairInATitle",
            s -> s.replaceFirst("\"title\" ?: ?\"", "$0\\\\udc00"),
            "manifest.json: objectives[0].title" + half),
        manifestText(
            "halfASurrogatePairInAnAction",
            s -> s.replaceFirst("(\"actions\" ?: ?\\{\\s*\")", "$1\\\\uD83D"),
            "manifest.json: prompt.history.actions has a key with half of a surrogate pair"),
        manifestText(
            "aKeyTwice",
            s -> s.replaceFirst("\\{", "{\"version\":1,"),
            "manifest.json: version is given twice; expected it once"),
        manifestText(
            "anInnerKeyTwice",
            s -> s.replaceFirst("\"prompt\" ?: ?\\{", "$0\"pad\":\"\","),
            "manifest.json: prompt.pad is given twice"),
        manifestText(
            "aNumberBeyondAllDoubles",
            s -> s.replaceFirst("\"items\" ?: ?24", "\"items\":1e99999"),
            "manifest.json: items is 1e99999; expected a finite number"));
  }

  private DynamicTest manifestText(String name, UnaryOperator<String> edit, String words) {
    var space = TinySpace.write(directory.resolve(name));
    return DynamicTest.dynamicTest(
        name,
        () -> {
          var manifest = space.resolve("manifest.json");
          Files.writeString(manifest, edit.apply(Files.readString(manifest)));
          refused(space, words);
        });
  }

  @TestFactory
  Stream<DynamicTest> aFile() {
    return Stream.of(
        file(
            "halfASurrogatePair",
            "items.tsv",
            s -> s.replaceFirst("\"category\":\"", "$0\\\\ud800"),
            "items.tsv line 1: category holds half of a surrogate pair"),
        file(
            "anAttributeTwice",
            "items.tsv",
            s -> s.replace("\"price\":1.5", "\"price\":1,\"price\":1.5"),
            "items.tsv line 2: price is given twice"),
        file(
            "aNumberBeyondAllDoubles",
            "items.tsv",
            s -> s.replace("\"price\":1.5", "\"price\":-1e99999"),
            "items.tsv line 2: price is -1e99999; expected a finite number"),
        bytes(
            "aTitleWithHalfASurrogatePair",
            "items.tsv",
            b -> {
              b[3] = (byte) 0xed;
              b[4] = (byte) 0xa0;
              b[5] = (byte) 0x80;
            },
            "items.tsv line 1: is not UTF-8"),
        file(
            "anItemTwice",
            "items.tsv",
            s -> s.replace("i7\t", "i3\t"),
            "items.tsv line 8: has the id i3 of line 4"),
        file(
            "anItemTooFew",
            "items.tsv",
            s -> s.substring(0, s.indexOf("i23\t")),
            "has 23 lines",
            "24, as the manifest says"),
        file("anItemTooMany", "items.tsv", s -> s + "i24\tLamp\t{}\n", "line 25", "24 lines"),
        file(
            "aLineWithoutEnd",
            "items.tsv",
            s -> s.substring(0, s.length() - 1),
            "items.tsv line 24: does not end in a newline"),
        file(
            "anItemWithoutTitle",
            "items.tsv",
            s -> s.replace("i2\tRed tea\t", "i2\t"),
            "items.tsv line 3: has 2 fields"),
        file(
            "aLongId",
            "items.tsv",
            s -> s.replace("i2\t", "x".repeat(257) + "\t"),
            "items.tsv line 3: has an id of 257 characters",
            "at most 256"),
        file(
            "aByteOrderMark",
            "items.tsv",
            s -> "\ufeff" + s,
            "items.tsv line 1: begins with a byte-order mark"),
        file(
            "aGoldenTimeInMilliseconds",
            "golden.jsonl",
            s -> s.replace("1700000000", "1700000000000"),
            "which looks like milliseconds"),
        file("anEmptyId", "items.tsv", s -> s.replace("i2\t", "\t"), "has an empty id"),
        file(
            "attributesThatAreNoJson",
            "items.tsv",
            s -> s.replaceFirst("\\{", "{{"),
            "items.tsv line 1: is not JSON"),
        file(
            "attributesThatAreAList",
            "items.tsv",
            s -> s.replaceFirst("\\{.*\n", "[1]\n"),
            "line 1: is [1]",
            "an object"),
        file(
            "anAttributeOfAnotherType",
            "items.tsv",
            s -> s.replace("\"price\":1.5", "\"price\":\"1.5\""),
            "line 2: price is \"1.5\"",
            "a finite number"),
        file(
            "anUnknownAttribute",
            "items.tsv",
            s -> s.replaceFirst("category", "kategory"),
            "unknown key \"kategory\"",
            "nearest: \"category\""),
        bytes("textThatIsNoUtf8", "items.tsv", b -> b[4] = (byte) 0xff, "line 1: is not UTF-8"),
        bytes("anArrayOfAnotherFormat", "neighbours.npy", b -> b[6] = 2, ".npy format 1.0"),
        bytes("aHeaderThatRunsOut", "neighbours.npy", b -> b[9] = 127, "ends inside its header"),
        bytes(
            "aNumberThatIsNone",
            "item_vectors.npy",
            b -> Arrays.fill(b, b.length - 4, b.length, (byte) 0xff),
            "item_vectors.npy: row 23 holds NaN at column 7"),
        bytes(
            "anEmbeddingThatIsNone",
            "item_embeddings.npy",
            b -> Arrays.fill(b, b.length - 4, b.length, (byte) 0xff),
            "row 23 holds NaN at column 2"),
        bytes(
            "aNeighbourOutOfRange",
            "neighbours.npy",
            b -> b[b.length - 4] = 24,
            "row 23 holds 24 at rank 3",
            "below 24, or -1"),
        bytes(
            "aNeighbourOfItself",
            "neighbours.npy",
            b -> b[b.length - 4] = 23,
            "row 23 holds 23 at rank 3",
            "another item's"),
        bytes(
            "aNeighbourBelowMinusOne",
            "neighbours.npy",
            b -> {
              Arrays.fill(b, b.length - 4, b.length, (byte) 0xff);
              b[b.length - 4] = (byte) 0xfe;
            },
            "holds -2"),
        file(
            "anObjectiveWithoutGolden",
            "golden.jsonl",
            s ->
                s.lines()
                    .filter(l -> l.contains("text-search"))
                    .collect(Collectors.joining("\n", "", "\n")),
            "has no request for next-item"),
        file(
            "aGoldenTopOfAnUnknownItem",
            "golden.jsonl",
            s -> s.replaceFirst("\"top\":\\[\\[\"i", "\"top\":[[\"x"),
            "golden.jsonl line 1: top[0][0] is \"x"),
        file(
            "aGoldenPromptOfAnotherLength",
            "golden.jsonl",
            s -> s.replaceFirst("\"token_ids\":\\[0,", "\"token_ids\":["),
            "has the length 31",
            "[32, 64, 128]"),
        missing("tokenizer.json"),
        missing("item_vectors.npy"),
        missing("neighbours.npy"),
        missing("models/tiny_backbone/config.pbtxt"));
  }

  @Test
  void aUserIsRefusedWhenReached() {
    TinySpace.in(directory).text("users.jsonl", s -> s.replace("\"i22\"", "\"gone\"")).write();
    try (var space = Space.open(directory, Verification.CHECKSUMS)) {
      assertEquals(3, space.users().limit(3).count());
      var refused = assertThrows(SpaceRefused.class, () -> space.users().forEach(_ -> {}));
      assertTrue(
          refused
              .getMessage()
              .startsWith("users.jsonl line 4: held_out.text-search.items[0] is \"gone\""),
          refused.getMessage());
    }
  }

  private Path written() {
    return TinySpace.write(directory);
  }

  private void refused(String file, String found, String expected) {
    var refused = refused(directory, found, expected);
    assertTrue(refused.getMessage().startsWith(file + ": "), refused.getMessage());
  }

  private static SpaceRefused refused(Path directory, String... words) {
    var refused =
        assertThrows(SpaceRefused.class, () -> Space.open(directory, Verification.CHECKSUMS));
    for (var word : words) {
      assertTrue(refused.getMessage().contains(word), refused.getMessage());
    }
    return refused;
  }

  private DynamicTest manifest(String name, Consumer<JsonObject> edit, String... words) {
    return refusal(name, TinySpace.in(directory.resolve(name)).manifest(edit), words);
  }

  private DynamicTest file(String name, String file, UnaryOperator<String> edit, String... words) {
    return refusal(name, TinySpace.in(directory.resolve(name)).text(file, edit), words);
  }

  private DynamicTest bytes(String name, String file, Consumer<byte[]> edit, String... words) {
    var space =
        TinySpace.in(directory.resolve(name))
            .file(
                file,
                bytes -> {
                  edit.accept(bytes);
                  return bytes;
                });
    return refusal(name, space, words);
  }

  private DynamicTest missing(String file) {
    var name = "without-" + file.replace('/', '-');
    return refusal(
        name, TinySpace.in(directory.resolve(name)).without(file), "files does not list " + file);
  }

  private static DynamicTest refusal(String name, TinySpace space, String... words) {
    return DynamicTest.dynamicTest(name, () -> refused(space.write(), words));
  }

  private static JsonObject index(String folder) {
    return new JsonObject().put("folder", folder).put("analysis", "words-1");
  }

  private static JsonObject prompt(JsonObject manifest) {
    return manifest.getJsonObject("prompt");
  }

  private static JsonObject history(JsonObject manifest) {
    return prompt(manifest).getJsonObject("history");
  }

  private static JsonObject objective(JsonObject manifest) {
    return manifest.getJsonArray("objectives").getJsonObject(0);
  }

  private static Consumer<JsonObject> template(String template) {
    return manifest -> objective(manifest).put("template", template);
  }

  private static Consumer<JsonObject> listing(String path) {
    return manifest ->
        manifest.put(
            "files",
            new JsonObject()
                .put(path, new JsonObject().put("bytes", 1).put("sha256", "0".repeat(64))));
  }

  private static JsonArray array(Integer... numbers) {
    return new JsonArray(Arrays.asList(numbers));
  }
}
