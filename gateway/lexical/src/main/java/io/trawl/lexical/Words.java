package io.trawl.lexical;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.text.Normalizer;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.en.EnglishMinimalStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;

/**
 * How text becomes words, of items and requests alike. Whatever is no letter, digit or mark parts
 * words, so that no text is ever syntax; what is left is parted as Unicode says (UAX 29: each
 * ideograph by itself), in lower case, without accents, and an English plural is its singular.
 */
final class Words extends Analyzer {

  /** Says which rules an index was made by: others need another name. */
  static final String NAME = "words-1";

  private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}\\p{M}]+");

  @Override
  protected TokenStreamComponents createComponents(String field) {
    var parted = new StandardTokenizer();
    var folded = new ASCIIFoldingFilter(new LowerCaseFilter(parted));
    return new TokenStreamComponents(parted, new EnglishMinimalStemFilter(folded));
  }

  /** What is left of a text to be parted into words. */
  static String cleaned(String text) {
    return NO_WORD.matcher(Normalizer.normalize(text, Normalizer.Form.NFKC)).replaceAll(" ");
  }

  /** The words of a text in their order, each once, no more than {@code most}. */
  Set<String> of(String text, int most) {
    var words = new LinkedHashSet<String>();
    try (var tokens = tokenStream("", cleaned(text))) {
      var word = tokens.addAttribute(CharTermAttribute.class);
      tokens.reset();
      while (words.size() < most && tokens.incrementToken()) {
        words.add(word.toString());
      }
      return words;
    } catch (IOException e) {
      throw new UncheckedIOException("a text in memory cannot be read", e);
    }
  }
}
