package io.trawl.app.eval;

import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What an objective must reach at least.
 *
 * @param value between 0 and 1
 */
public record Minimum(String objective, Metric metric, double value) {

  private static final Pattern FORM = Pattern.compile("([^:=]+):([^:=]+)=([0-9.eE+-]+)");

  public Minimum {
    Objects.requireNonNull(objective, "objective");
    Objects.requireNonNull(metric, "metric");
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(
          "minimum of %s is %s; expected a share from 0 to 1".formatted(objective, value));
    }
  }

  /**
   * Reads {@code objective:metric=value}, such as {@code next-item:hr@10=0.06}.
   *
   * @throws IllegalArgumentException with a sentence for a person, if it is anything else
   */
  public static Minimum parse(String text) {
    var match = FORM.matcher(text.strip());
    if (!match.matches()) {
      throw new IllegalArgumentException(
          "'%s' is no minimum; expected objective:metric=value, such as next-item:hr@10=0.06"
              .formatted(text));
    }
    var metric =
        Metric.labelled(match.group(2).strip())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "'%s' is no metric; expected one of %s"
                            .formatted(
                                match.group(2),
                                Arrays.stream(Metric.values())
                                    .map(Metric::label)
                                    .collect(Collectors.joining(", ")))));
    return new Minimum(match.group(1).strip(), metric, number(match.group(3)));
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'%s' is no number".formatted(text), e);
    }
  }

  @Override
  public String toString() {
    return objective + ":" + metric.label() + "=" + value;
  }
}
