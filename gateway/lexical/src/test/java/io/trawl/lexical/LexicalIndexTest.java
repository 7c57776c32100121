package io.trawl.lexical;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.retrieval.ItemSet;
import io.trawl.serve.source.LexicalSource.Found;
import io.trawl.serve.source.SourceFailed;
import io.trawl.space.LexicalFiles;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an index finds is what Okapi BM25 over the items' words finds, whatever is asked. */
class LexicalIndexTest {

  private static final ItemSet ALL = ItemSet.all(TinySpace.ITEMS);

  private Space space;
  private LexicalIndex index;

  @BeforeEach
  void open(@TempDir Path directory) {
    space = Space.open(IndexedSpace.write(directory), Verification.CHECKSUMS);
    index = LexicalIndex.open(space).orElseThrow();
  }

  @AfterEach
  void close() {
    index.close();
    space.close();
  }

  @Test
  void findsWhatBm25Finds() {
    for (var text : List.of("tea", "red lamp", "blue tea chair", "white white lamp")) {
      var found = find(text, TinySpace.ITEMS, ALL);
      var expected = bm25(text);
      var order =
          IntStream.range(0, TinySpace.ITEMS)
              .filter(o -> expected[o] > 0)
              .boxed()
              .sorted(Comparator.comparing((Integer o) -> -(float) expected[o]))
              .toList();
      assertEquals(order, ordinals(found), text);
      for (var i = 0; i < order.size(); i++) {
        assertEquals(expected[order.get(i)], found.scores()[i], 1e-5, text);
      }
    }
  }

  @Test
  void findsNothingForWordsThatNoItemHas() {
    assertEquals(List.of(), ordinals(find("piano", 5, ALL)));
    assertEquals(List.of(), ordinals(find("", 5, ALL)));
    assertEquals(List.of(), ordinals(find("?! — …", 5, ALL)));
    assertEquals(List.of(), ordinals(find("tea", 5, ItemSet.none(TinySpace.ITEMS))));
  }

  @Test
  void readsWordsAsPeopleWriteThem() {
    var tea = ordinals(find("tea", 8, ALL));
    assertEquals(8, tea.size());
    for (var text : List.of("TEA", "teas", "Téa", "te\u0301a", "'tea'", "tea's", "ｔｅａ")) {
      assertEquals(tea, ordinals(find(text, 8, ALL)), text);
    }
  }

  @Test
  void takesNoTextForSyntax() {
    var plain = ordinals(find("title tea lamp and not or to", TinySpace.ITEMS, ALL));
    for (var text :
        List.of(
            "title:tea AND NOT (lamp OR [* TO *])",
            "+title -tea ^9 ~ lamp!! and* not? {or to}",
            "title\\tea\"lamp and/not|or&&to")) {
      assertEquals(plain, ordinals(find(text, TinySpace.ITEMS, ALL)), text);
    }
  }

  @Test
  void looksForABoundedNumberOfWords() {
    var many = new StringBuilder();
    for (var i = 0; i < LexicalIndex.MOST_WORDS; i++) {
      many.append("w").append(i).append(' ');
    }
    assertEquals(List.of(), ordinals(find(many + "tea", 5, ALL)));
    assertEquals(5, find("tea " + many, 5, ALL).ordinals().length);
    var long1 = "x".repeat(1_000_000);
    assertEquals(5, find("tea " + long1, 5, ALL).ordinals().length);
  }

  @Test
  void losesNoEligibleItem() {
    var random = new Random(3);
    for (var i = 0; i < 200; i++) {
      var share = random.nextDouble();
      var eligible =
          ItemSet.where(TinySpace.ITEMS, _ -> random.nextDouble() < share)
              .without(random.nextInt(TinySpace.ITEMS));
      var all = ordinals(find("red lamp tea", TinySpace.ITEMS, ALL));
      var limit = 1 + random.nextInt(TinySpace.ITEMS);
      assertEquals(
          all.stream().filter(eligible::contains).limit(limit).toList(),
          ordinals(find("red lamp tea", limit, eligible)));
    }
  }

  @Test
  void endsWhereNobodyWaits() {
    var stopped = assertThrows(SourceFailed.class, () -> index.find("tea", 5, ALL, () -> true));
    assertEquals("it took too long", stopped.why());
  }

  @Test
  void isTheIndexOfItsItems() {
    var files = space.lexical().orElseThrow();
    assertTrue(LexicalIndex.disagreement(files, space.catalogue()).isEmpty());
  }

  @Test
  void givesTheSameBytesForTheSameItems() {
    var one = IndexBuilder.files(space.catalogue());
    var other = IndexBuilder.files(space.catalogue());
    assertEquals(one.keySet(), other.keySet());
    one.forEach((name, bytes) -> assertArrayEquals(bytes, other.get(name), name));
  }

  @Test
  void theSegmentsOfALargeIndexBecomeOneInOrder() {
    var whole = IndexBuilder.files(space.catalogue());
    for (var atOnce : List.of(2, 5, 23)) {
      var files = IndexBuilder.files(space.catalogue(), atOnce);
      var again = IndexBuilder.files(space.catalogue(), atOnce);
      assertEquals(files.keySet(), again.keySet());
      files.forEach((name, bytes) -> assertArrayEquals(bytes, again.get(name), name));
      assertEquals(whole.size(), files.size());
      var held = new TreeMap<String, MemorySegment>();
      files.forEach((name, bytes) -> held.put(name, MemorySegment.ofArray(bytes)));
      try (var merged =
          LexicalIndex.open(
              new LexicalFiles("lexical", IndexBuilder.ANALYSIS, held), TinySpace.ITEMS)) {
        for (var text : List.of("tea", "red lamp", "blue tea chair")) {
          assertEquals(
              ordinals(find(text, TinySpace.ITEMS, ALL)),
              ordinals(merged.find(text, TinySpace.ITEMS, ALL, () -> false)));
        }
      }
    }
  }

  private Found find(String text, int limit, ItemSet eligible) {
    return index.find(text, limit, eligible, () -> false);
  }

  private static List<Integer> ordinals(Found found) {
    return IntStream.of(found.ordinals()).boxed().toList();
  }

  /** The formula, word by word; without the factor k1 + 1, which Lucene leaves out. */
  private double[] bm25(String text) {
    var texts = new ArrayList<List<String>>();
    for (var ordinal = 0; ordinal < TinySpace.ITEMS; ordinal++) {
      texts.add(List.of(space.catalogue().words(ordinal).toLowerCase(Locale.ROOT).split(" ")));
    }
    var mean = texts.stream().mapToInt(List::size).average().orElseThrow();
    var scores = new double[TinySpace.ITEMS];
    for (var word : List.of(text.split(" ")).stream().distinct().toList()) {
      var with = texts.stream().filter(words -> words.contains(word)).count();
      var idf = Math.log(1 + (TinySpace.ITEMS - with + 0.5) / (with + 0.5));
      for (var ordinal = 0; ordinal < TinySpace.ITEMS; ordinal++) {
        var words = texts.get(ordinal);
        var count = words.stream().filter(word::equals).count();
        scores[ordinal] += idf * count / (count + 1.2 * (0.25 + 0.75 * words.size() / mean));
      }
    }
    return scores;
  }
}
