package io.trawl.workers.server.edge;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Calls that are answered only where a header says so, as Triton's {@code
 * --grpc-restricted-protocol} and {@code --http-restricted-api} have it.
 *
 * @param protocols the kinds of calls
 * @param key of the header; over gRPC its name is {@code triton-grpc-protocol-} and this
 * @param value what the header must say
 */
public record Restriction(Set<Protocol> protocols, String key, String value) {
  private static final Pattern FORM = Pattern.compile("([^:]+):([A-Za-z0-9._-]+)=(.+)");

  /** The kinds of calls that Triton tells apart. */
  public enum Protocol {
    HEALTH,
    METADATA,
    INFERENCE,
    SHARED_MEMORY,
    MODEL_CONFIG,
    MODEL_REPOSITORY,
    STATISTICS,
    TRACE,
    LOGGING;

    /** As options have it. */
    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  public Restriction {
    protocols = Set.copyOf(protocols);
  }

  /**
   * Reads {@code PROTOCOL,...:KEY=VALUE}.
   *
   * @param option for the refusal, which does not repeat the value
   * @throws IllegalArgumentException if it is anything else
   */
  public static Restriction parse(String option, String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          option
              + " is not of the form PROTOCOL,...:KEY=VALUE, with a KEY of letters, digits, '.',"
              + " '_' and '-'");
    }
    Set<Protocol> protocols = EnumSet.noneOf(Protocol.class);
    for (String word : form.group(1).split(",", -1)) {
      protocols.add(protocol(option, word));
    }
    return new Restriction(protocols, form.group(2), form.group(3));
  }

  private static Protocol protocol(String option, String word) {
    return Arrays.stream(Protocol.values())
        .filter(protocol -> protocol.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s names '%s', expected %s"
                        .formatted(
                            option,
                            word,
                            Arrays.stream(Protocol.values())
                                .map(Protocol::word)
                                .collect(Collectors.joining(", ")))));
  }
}
