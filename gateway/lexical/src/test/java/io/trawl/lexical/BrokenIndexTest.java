package io.trawl.lexical;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.retrieval.ItemSet;
import io.trawl.serve.source.SourceFailed;
import io.trawl.space.LexicalFiles;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.trawl.space.source.SpaceRefused;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An index whose checksums in the manifest are right, and that is none all the same: it is refused
 * with a sentence before anybody searches it.
 */
class BrokenIndexTest {

  private final Path directory;
  private SortedMap<String, byte[]> files;

  BrokenIndexTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @BeforeEach
  void build() {
    files = IndexedSpace.files(directory);
  }

  @Test
  void whatIsCutOffIsRefused() {
    files.forEach(
        (name, bytes) -> {
          for (var length : List.of(0, 1, bytes.length / 2, bytes.length - 1)) {
            refused(index -> index.put(name, Arrays.copyOf(bytes, length)));
          }
        });
  }

  @Test
  void whatHasOneOtherBitIsRefused() {
    files.forEach(
        (name, bytes) -> {
          for (var at = 0; at < bytes.length; at++) {
            var other = bytes.clone();
            other[at] ^= 4;
            refused(index -> index.put(name, other));
          }
        });
  }

  @Test
  void whatLacksAFileIsRefused() {
    files.keySet().forEach(name -> refused(index -> index.remove(name)));
    refused(SortedMap::clear);
  }

  @Test
  void whatIsNoIndexIsRefused() {
    refused(index -> index.replaceAll((name, bytes) -> name.getBytes(StandardCharsets.UTF_8)));
    var names = List.copyOf(files.keySet());
    for (var i = 1; i < names.size(); i++) {
      var one = names.get(i - 1);
      var other = names.get(i);
      refused(
          index -> {
            var kept = index.get(one);
            index.put(one, index.get(other));
            index.put(other, kept);
          });
    }
    refused(index -> index.put("segments_zzzzzzzzzzzzzzzzzzzz", files.get("segments_1")));
  }

  /** Whoever also mends the checksums inside gets an index or a refusal, and nothing else. */
  @Test
  void aForgedIndexHarmsNobody() {
    var refused = 0;
    for (var file : files.entrySet()) {
      var bytes = file.getValue();
      for (var at = 0; at < bytes.length - 16; at++) {
        var forged = bytes.clone();
        forged[at] ^= (byte) 0x81;
        sum(forged);
        refused += isRefused(file.getKey(), forged) ? 1 : 0;
      }
    }
    assertTrue(refused > 0);
  }

  private boolean isRefused(String name, byte[] forged) {
    try (var index = open(edited -> edited.put(name, forged))) {
      index.find("red lamp tea", 9, ItemSet.all(TinySpace.ITEMS), () -> false);
      return false;
    } catch (SpaceRefused | SourceFailed _) {
      return true;
    }
  }

  /** Only what says by which version the index was written is read before it is compared. */
  @Test
  void aForgedIndexIsComparedOrRefused() {
    var refused = 0;
    try (var space = Space.open(directory, Verification.SIZES)) {
      for (var name : List.of("segments_1", "_0.si")) {
        var bytes = Objects.requireNonNull(files.get(name), name);
        for (var at = 0; at < bytes.length - 16; at++) {
          var forged = bytes.clone();
          forged[at] ^= (byte) 0xff;
          sum(forged);
          refused += isRefused(space, name, forged) ? 1 : 0;
        }
      }
    }
    assertTrue(refused > 0);
  }

  private boolean isRefused(Space space, String name, byte[] forged) {
    var files = lexical(edited -> edited.put(name, forged));
    try {
      var _ = LexicalIndex.disagreement(files, space.catalogue());
      return false;
    } catch (SpaceRefused _) {
      return true;
    }
  }

  @Test
  void anIndexOfOtherItemsIsRefused() {
    var other = directory.resolve("other");
    TinySpace.in(other).text("items.tsv", text -> text.replace("tea", "coffee")).write();
    try (var space = Space.open(other, Verification.SIZES)) {
      assertTrue(LexicalIndex.disagreement(lexical(_ -> {}), space.catalogue()).isPresent());
      assertThrows(
          SpaceRefused.class, () -> LexicalIndex.open(lexical(_ -> {}), TinySpace.ITEMS - 1));
    }
  }

  @Test
  void anIndexThatLacksItsItemsWordsIsRefused() {
    var other = directory.resolve("more");
    TinySpace.in(other).text("items.tsv", text -> text.replace("tea", "coffee")).write();
    SortedMap<String, byte[]> theirs;
    try (var space = Space.open(other, Verification.SIZES)) {
      theirs = IndexBuilder.files(space.catalogue());
    }
    TinySpace.in(directory)
        .text("items.tsv", text -> text.replaceAll("(?m)^i2\\t.*$", "i2\tpiano\t{}"))
        .withLexical(IndexBuilder.ANALYSIS, theirs)
        .write();
    try (var space = Space.open(directory, Verification.CHECKSUMS)) {
      var refused = assertThrows(SpaceRefused.class, () -> LexicalIndex.open(space));
      assertEquals(
          "lexical: does not hold the words of item i2; expected the index of the space's own"
              + " items",
          refused.getMessage());
    }
  }

  @Test
  void anIndexByOtherRulesIsRefused() {
    TinySpace.in(directory).withLexical("words-0", files).write();
    try (var space = Space.open(directory, Verification.CHECKSUMS)) {
      var refused = assertThrows(SpaceRefused.class, () -> LexicalIndex.open(space));
      assertEquals(
          "lexical: was made by the rules \"words-0\"; expected \"words-1\", by which this build"
              + " reads words; write it anew with ./trawl space index",
          refused.getMessage());
    }
  }

  private void refused(Consumer<SortedMap<String, byte[]>> edit) {
    assertThrows(SpaceRefused.class, () -> open(edit).close());
  }

  private LexicalIndex open(Consumer<SortedMap<String, byte[]>> edit) {
    return LexicalIndex.open(lexical(edit), TinySpace.ITEMS);
  }

  private LexicalFiles lexical(Consumer<SortedMap<String, byte[]>> edit) {
    var index = new TreeMap<>(files);
    edit.accept(index);
    var held = new TreeMap<String, MemorySegment>();
    index.forEach((name, bytes) -> held.put(name, MemorySegment.ofArray(bytes)));
    return new LexicalFiles("lexical", IndexBuilder.ANALYSIS, held);
  }

  private static void sum(byte[] bytes) {
    var sum = new CRC32();
    sum.update(bytes, 0, bytes.length - Long.BYTES);
    ByteBuffer.wrap(bytes).putLong(bytes.length - Long.BYTES, sum.getValue());
  }
}
