package io.trawl.lexical;

import io.trawl.retrieval.ItemSet;
import io.trawl.serve.source.LexicalSource;
import io.trawl.serve.source.SourceFailed;
import io.trawl.space.LexicalFiles;
import io.trawl.space.Space;
import io.trawl.space.catalogue.Catalogue;
import io.trawl.space.source.SpaceRefused;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.index.CheckIndex;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.SegmentInfos;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.Version;
import org.jspecify.annotations.Nullable;

/**
 * Finds items by words: Okapi BM25 (Robertson and Zaragoza 2009; k1 = 1.2, b = 0.75) over titles
 * and texts. A document's number is its item's ordinal. Safe for use by all threads; holds no
 * memory of the space beyond what Lucene keeps of terms.
 */
public final class LexicalIndex implements LexicalSource, AutoCloseable {

  /** Words of a request that are looked for: the first of them. */
  static final int MOST_WORDS = 64;

  private static final String EXPECTED = "an index as ./trawl space index writes it";

  /** Items, evenly spread, that an index is asked for as it is opened. */
  private static final int PROVEN_ITEMS = 64;

  /** Between two looks at the clock: well below a millisecond. */
  private static final int ITEMS_AT_ONCE = 1 << 14;

  private static final BM25Similarity BM25;

  static {
    LuceneLog.silence();
    BM25 = new BM25Similarity();
  }

  private final DirectoryReader reader;
  private final LeafReader items;
  private final Words words = new Words();

  private LexicalIndex(DirectoryReader reader, LeafReader items) {
    this.reader = reader;
    this.items = items;
  }

  /**
   * Opens the index of a space; empty where it has none.
   *
   * @param space to stay open for longer than the index
   * @throws SpaceRefused if the files are no index over the space's items, or broken anywhere
   */
  public static Optional<LexicalIndex> open(Space space) {
    return space
        .lexical()
        .map(
            files -> {
              var index = open(files, space.catalogue().count());
              try {
                index.prove(files.folder(), space.catalogue());
              } catch (SourceFailed broken) {
                throw unreadable(files, broken);
              }
              return index;
            });
  }

  /** Some items are found by their own words, or it is the index of others. */
  private void prove(String folder, Catalogue catalogue) {
    var step = Math.max(1, catalogue.count() / PROVEN_ITEMS);
    for (var ordinal = 0; ordinal < catalogue.count(); ordinal += step) {
      var text = catalogue.words(ordinal);
      var found = find(text, 1, only(ordinal, catalogue.count()), () -> false).ordinals().length;
      if (found == 0 && !words.of(text, 1).isEmpty()) {
        throw new SpaceRefused(
            folder,
            "does not hold the words of item %s".formatted(catalogue.id(ordinal)),
            "the index of the space's own items");
      }
    }
  }

  private static ItemSet only(int ordinal, int count) {
    var bits = new long[(count + 63) >>> 6];
    bits[ordinal >>> 6] = 1L << ordinal;
    return ItemSet.ofWords(bits, count);
  }

  static LexicalIndex open(LexicalFiles files, int count) {
    if (!files.analysis().equals(Words.NAME)) {
      throw new SpaceRefused(
          files.folder(),
          "was made by the rules \"%s\"".formatted(files.analysis()),
          "\"%s\", by which this build reads words; write it anew with ./trawl space index"
              .formatted(Words.NAME));
    }
    return read(
        files,
        directory -> {
          checkSums(files, directory);
          checkAll(files, directory);
          var reader = DirectoryReader.open(directory);
          return new LexicalIndex(reader, only(files, reader, count));
        });
  }

  private interface Reading<T> {
    T from(Directory directory) throws IOException;
  }

  /** Lucene throws whatever a broken file leads it to: it is the file's fault, not a bug. */
  private static <T> T read(LexicalFiles files, Reading<T> reading) {
    try {
      return reading.from(new MappedDirectory(files.files()));
    } catch (SpaceRefused refused) {
      throw refused;
    } catch (IOException | RuntimeException broken) {
      throw unreadable(files, broken);
    }
  }

  /** Before anything is made of what is written: a length that is wrong would be believed. */
  private static void checkSums(LexicalFiles files, Directory directory) {
    for (var name : files.files().keySet()) {
      try (var input = directory.openInput(name, IOContext.READONCE)) {
        CodecUtil.checksumEntireFile(input);
      } catch (IOException | RuntimeException broken) {
        throw new SpaceRefused(
            files.folder() + "/" + name, "is no file of an index, or a broken one", EXPECTED);
      }
    }
  }

  /** Reads everything once, so that no search meets what cannot be read. */
  private static void checkAll(LexicalFiles files, Directory directory) throws IOException {
    try (var check = new CheckIndex(directory)) {
      check.setThreadCount(1);
      check.setLevel(CheckIndex.Level.MIN_LEVEL_FOR_INTEGRITY_CHECKS);
      if (!check.checkIndex().clean) {
        throw new SpaceRefused(files.folder(), "is a broken index", EXPECTED);
      }
    }
  }

  private static LeafReader only(LexicalFiles files, DirectoryReader reader, int count) {
    var found = reader.leaves().size();
    if (found != 1 || reader.maxDoc() != count || reader.hasDeletions()) {
      throw new SpaceRefused(
          files.folder(),
          "has %,d items in %,d parts".formatted(reader.numDocs(), found),
          "%,d in one, as the manifest says".formatted(count));
    }
    return reader.leaves().getFirst().reader();
  }

  private static SpaceRefused unreadable(LexicalFiles files, Exception broken) {
    return new SpaceRefused(files.folder(), "cannot be read: " + broken.getMessage(), EXPECTED);
  }

  /**
   * Whether an index is the one that its items give, as far as that can be told.
   *
   * @throws SpaceRefused if the files are no index
   * @return what is wrong; empty where nothing is, or where another version of Lucene wrote it
   */
  public static Optional<String> disagreement(LexicalFiles files, Catalogue catalogue) {
    if (!writtenByThisVersion(files)) {
      return Optional.empty();
    }
    var expected = IndexBuilder.files(catalogue);
    if (!expected.keySet().equals(files.files().keySet())) {
      return Optional.of(
          "%s holds other files than an index of its items".formatted(files.folder()));
    }
    return expected.entrySet().stream()
        .filter(file -> !same(file.getValue(), files.files().get(file.getKey())))
        .map(file -> "%s/%s is not the index of its items".formatted(files.folder(), file.getKey()))
        .findFirst();
  }

  private static boolean writtenByThisVersion(LexicalFiles files) {
    var written = read(files, SegmentInfos::readLatestCommit);
    return Version.LATEST.equals(written.getCommitLuceneVersion());
  }

  private static boolean same(byte[] expected, @Nullable MemorySegment found) {
    return found != null && Arrays.equals(expected, found.toArray(ValueLayout.JAVA_BYTE));
  }

  @Override
  public Found find(String text, int limit, ItemSet eligible, BooleanSupplier stop) {
    var asked = words.of(text, MOST_WORDS);
    var most = Math.min(limit, eligible.size());
    if (asked.isEmpty() || most == 0) {
      return Found.NOTHING;
    }
    try {
      return found(best(anyOf(asked), most, eligible, stop));
    } catch (SourceFailed stopped) {
      throw stopped;
    } catch (IOException | RuntimeException broken) {
      throw new SourceFailed(
          "the lexical index cannot be read", "the lexical index cannot be read: " + broken);
    }
  }

  /** Lucene's own search, piece by piece, with a look at the clock between. */
  private TopDocs best(Query query, int most, ItemSet eligible, BooleanSupplier stop)
      throws IOException {
    var searcher = new IndexSearcher(items);
    searcher.setSimilarity(BM25);
    var context = items.getContext();
    var collector = new TopScoreDocCollectorManager(most, 1).newCollector();
    var scorer =
        searcher.createWeight(searcher.rewrite(query), ScoreMode.TOP_SCORES, 1).bulkScorer(context);
    if (scorer != null) {
      var leaf = collector.getLeafCollector(context);
      var allowed = bits(eligible);
      for (var at = 0; at < items.maxDoc(); ) {
        if (stop.getAsBoolean()) {
          throw new SourceFailed("it took too long");
        }
        at = scorer.score(leaf, allowed, at, Math.min(items.maxDoc(), at + ITEMS_AT_ONCE));
      }
    }
    return collector.topDocs();
  }

  private static Found found(TopDocs best) {
    var ordinals = new int[best.scoreDocs.length];
    var scores = new float[ordinals.length];
    for (var i = 0; i < ordinals.length; i++) {
      ordinals[i] = best.scoreDocs[i].doc;
      scores[i] = best.scoreDocs[i].score;
    }
    return new Found(ordinals, scores);
  }

  /** Null where all may be returned. */
  private static @Nullable Bits bits(ItemSet eligible) {
    if (eligible.size() == eligible.count()) {
      return null;
    }
    return new Bits() {
      @Override
      public boolean get(int ordinal) {
        return eligible.contains(ordinal);
      }

      @Override
      public int length() {
        return eligible.count();
      }
    };
  }

  private static Query anyOf(Iterable<String> words) {
    var any = new BooleanQuery.Builder();
    words.forEach(
        word ->
            any.add(new TermQuery(new Term(IndexBuilder.FIELD, word)), BooleanClause.Occur.SHOULD));
    return any.build();
  }

  /** The space's own memory is not touched. */
  @Override
  public void close() {
    try {
      reader.close();
    } catch (IOException e) {
      throw new IllegalStateException("what is only read has nothing to write at its end", e);
    } finally {
      words.close();
    }
  }
}
