package io.trawl.app.eval;

import io.trawl.space.catalogue.Catalogue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Items whose words match the request's text. */
public final class Bm25Floor implements Floor {

  // Okapi BM25 (Robertson and Zaragoza 2009) with Lucene's never negative idf:
  //
  //   sum over query words t of ln(1 + (N - df + 0.5) / (df + 0.5))
  //                             * tf (k1 + 1) / (tf + k1 (1 - b + b length / mean length))
  //
  // An item's words are those of its title and of its attributes of type text and texts; a word is
  // a
  // run of letters and digits, in lower case, unstemmed.

  static final double K1 = 1.2;
  static final double B = 0.75;

  private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

  private final int items;
  private final Map<String, List<Posting>> postings = new HashMap<>();
  private final int[] lengths;
  private final double meanLength;

  Bm25Floor(List<String> texts) {
    this.items = texts.size();
    this.lengths = new int[items];
    for (var ordinal = 0; ordinal < items; ordinal++) {
      var words = words(texts.get(ordinal));
      lengths[ordinal] = words.size();
      var counts = new HashMap<String, Integer>();
      words.forEach(word -> counts.merge(word, 1, Integer::sum));
      for (var entry : counts.entrySet()) {
        postings
            .computeIfAbsent(entry.getKey(), _ -> new ArrayList<>())
            .add(new Posting(ordinal, entry.getValue()));
      }
    }
    var total = 0L;
    for (var length : lengths) {
      total += length;
    }
    this.meanLength = Math.max(1, total) / (double) Math.max(1, items);
  }

  /** The searchable text of every item, by ordinal. */
  static List<String> texts(Catalogue catalogue) {
    return IntStream.range(0, catalogue.count()).mapToObj(catalogue::words).toList();
  }

  /** The words of a text as this floor has them, in their order. */
  public static List<String> words(String text) {
    return NO_WORD
        .splitAsStream(text.toLowerCase(Locale.ROOT))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  @Override
  public String name() {
    return "BM25";
  }

  @Override
  public boolean ranks(EvalCase aCase) {
    return aCase.text() != null;
  }

  @Override
  public void score(EvalCase aCase, double[] scores) {
    var text = aCase.text();
    if (text == null) {
      return;
    }
    for (var word : words(text)) {
      var found = postings.getOrDefault(word, List.of());
      var idf = Math.log(1 + (items - found.size() + 0.5) / (found.size() + 0.5));
      for (var posting : found) {
        var length = 1 - B + B * lengths[posting.ordinal] / meanLength;
        scores[posting.ordinal] += idf * posting.count * (K1 + 1) / (posting.count + K1 * length);
      }
    }
  }

  private record Posting(int ordinal, int count) {}
}
