package io.trawl.app.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.lexical.IndexBuilder;
import io.trawl.lexical.LexicalIndex;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.trawl.space.source.SpaceRefused;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A space gets an index in one step, the same for the same items, and is as it was otherwise. */
class SpaceIndexTest {

  private final Path directory;

  SpaceIndexTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aSpaceOfBeforeIsSearchedByWordsFromThenOn() throws IOException {
    TinySpace.write(directory);
    var before = manifest();
    var folder = index();
    try (var space = Space.open(directory, Verification.CHECKSUMS);
        var index = LexicalIndex.open(space).orElseThrow()) {
      assertEquals(folder, space.lexical().orElseThrow().folder());
      assertEquals(
          List.of(false, true),
          space.objectives().stream().map(one -> one.rules().lexical()).toList());
      assertTrue(
          LexicalIndex.disagreement(space.lexical().orElseThrow(), space.catalogue()).isEmpty());
    }
    var after = manifest();
    for (var key : before.fieldNames()) {
      if (!List.of("files", "objectives").contains(key)) {
        assertEquals(before.getValue(key), after.getValue(key), key);
      }
    }
    before
        .getJsonObject("files")
        .forEach(
            file ->
                assertEquals(
                    file.getValue(), after.getJsonObject("files").getValue(file.getKey())));
  }

  @Test
  void theSameItemsGiveTheSameSpace() throws IOException {
    TinySpace.write(directory);
    index();
    var once = files();
    index();
    assertEquals(once, files());
  }

  @Test
  void whatTheManifestSaysOfAnObjectiveStays() throws IOException {
    TinySpace.in(directory)
        .manifest(said -> said.getJsonArray("objectives").getJsonObject(1).put("lexical", false))
        .write();
    index();
    try (var space = Space.open(directory, Verification.CHECKSUMS)) {
      assertTrue(space.lexical().isPresent());
      assertTrue(space.objectives().stream().noneMatch(one -> one.rules().lexical()));
    }
  }

  @Test
  void wordsCountWhatIsAsked() throws IOException {
    TinySpace.write(directory);
    index(2.5);
    index();
    try (var space = Space.open(directory, Verification.CHECKSUMS)) {
      assertEquals(
          List.of(1.0, 2.5),
          space.objectives().stream().map(one -> one.rules().lexicalWeight()).toList());
    }
  }

  @Test
  void anotherOrABrokenIndexIsReplaced() throws IOException {
    TinySpace.in(directory).withLexical("words-0", Map.of("index", new byte[] {1})).write();
    var folder = index();
    assertFalse(Files.exists(directory.resolve("lexical")), "the one of before is gone");

    var broken = directory.resolve(folder).resolve("segments_1");
    Files.write(broken, new byte[] {1});
    assertThrows(SpaceRefused.class, () -> Space.open(directory, Verification.SIZES));
    assertEquals(folder, index());
    Files.delete(broken);
    assertThrows(SpaceRefused.class, () -> Space.open(directory, Verification.SIZES));
    assertEquals(folder, index());
    Space.open(directory, Verification.CHECKSUMS).close();
  }

  @Test
  void nothingIsLeftBeside() throws IOException {
    TinySpace.write(directory);
    index();
    try (var files = Files.list(directory)) {
      assertTrue(files.noneMatch(file -> file.getFileName().toString().startsWith(".")));
    }
  }

  private String index() throws IOException {
    return index(null);
  }

  private String index(@Nullable Double weight) throws IOException {
    try (var space = Space.openForIndex(directory)) {
      return SpaceIndex.write(
          directory, IndexBuilder.ANALYSIS, IndexBuilder.files(space.catalogue()), weight);
    }
  }

  private JsonObject manifest() throws IOException {
    return new JsonObject(Files.readString(directory.resolve("manifest.json")));
  }

  private Map<String, List<Byte>> files() throws IOException {
    var files = new TreeMap<String, List<Byte>>();
    try (var all = Files.walk(directory)) {
      for (var file : all.filter(Files::isRegularFile).toList()) {
        var bytes = new ArrayList<Byte>();
        for (var one : Files.readAllBytes(file)) {
          bytes.add(one);
        }
        files.put(directory.relativize(file).toString(), bytes);
      }
    }
    return files;
  }
}
