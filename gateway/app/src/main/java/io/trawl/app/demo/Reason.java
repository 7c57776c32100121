package io.trawl.app.demo;

import io.trawl.app.eval.Bm25Floor;
import io.trawl.space.Space;
import io.trawl.space.catalogue.AttributeValue;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Why an item may be at the top, for a person: which of the words that were asked for it has, and
 * which behaviour it is nearest to, as the backbone sees them. What the backbone made of all that
 * together, nobody can say in a line.
 */
final class Reason {

  private Reason() {}

  /** Empty where there is neither a history nor a text. */
  static Optional<String> of(Space space, List<String> history, @Nullable String asked, String id) {
    var item = space.catalogue().ordinal(id);
    if (item < 0) {
      return Optional.empty();
    }
    var reasons =
        Stream.of(words(space, asked, item), nearest(space, history, item))
            .flatMap(Optional::stream)
            .toList();
    return reasons.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", reasons));
  }

  private static Optional<String> words(Space space, @Nullable String asked, int item) {
    if (asked == null) {
      return Optional.empty();
    }
    var own = Set.copyOf(Bm25Floor.words(space.catalogue().words(item)));
    var wanted = Bm25Floor.words(asked).stream().distinct().toList();
    var there = wanted.stream().filter(own::contains).toList();
    return Optional.of(
        there.isEmpty()
            ? "has none of the words"
            : "has %d of %d words: %s"
                .formatted(there.size(), wanted.size(), String.join(", ", there)));
  }

  private static Optional<String> nearest(Space space, List<String> history, int item) {
    var ordinals =
        history.stream()
            .mapToInt(space.catalogue()::ordinal)
            .filter(ordinal -> ordinal >= 0)
            .toArray();
    if (ordinals.length == 0) {
      return Optional.empty();
    }
    var own = row(space, item);
    var cosines =
        Arrays.stream(ordinals).mapToDouble(ordinal -> cosine(own, row(space, ordinal))).toArray();
    var best = 0;
    for (var i = 1; i < cosines.length; i++) {
      best = cosines[i] > cosines[best] ? i : best;
    }
    var near = ordinals[best];
    var common = common(space, item, near);
    return Optional.of(
        "like “%s” %s"
            .formatted(
                space.catalogue().title(near),
                common.isEmpty()
                    ? String.format(Locale.ROOT, "(cosine %.2f)", cosines[best])
                    : "in " + String.join(", ", common)));
  }

  /** Texts that both items have. */
  private static Set<String> common(Space space, int one, int other) {
    var theirs =
        space.catalogue().attributes(other).values().stream()
            .flatMap(AttributeValue::texts)
            .collect(Collectors.toSet());
    return space.catalogue().attributes(one).values().stream()
        .flatMap(AttributeValue::texts)
        .filter(theirs::contains)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static float[] row(Space space, int ordinal) {
    var row = new float[space.itemEmbeddings().width()];
    space.itemEmbeddings().copyRow(ordinal, row, 0);
    return row;
  }

  private static double cosine(float[] one, float[] other) {
    double product = 0;
    double ofOne = 0;
    double ofOther = 0;
    for (var i = 0; i < one.length; i++) {
      product += one[i] * other[i];
      ofOne += one[i] * one[i];
      ofOther += other[i] * other[i];
    }
    return product / Math.max(Math.sqrt(ofOne * ofOther), Double.MIN_NORMAL);
  }
}
