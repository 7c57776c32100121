package io.trawl.workers.testkit.attack;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Texts that are no JSON, each wrong in a way of its own, and what is never said of them. */
public final class MalformedJson {
  /** Names of classes, tokens and options of the library, and whole sentences of its own. */
  private static final Pattern LIBRARY =
      Pattern.compile(
          "(?i)source:|redacted|Stream[A-Z]|(?-i:[A-Z]{3,}_[A-Z]+)|jackson|`|fasterxml|\\(code \\d"
              + "|was expecting|unexpected (char|end|close)|unrecognized|\\+INF'|exception"
              + "|vertx|io\\.|java|get[A-Z][a-z]+[A-Z]|exceeds the maximum");

  private MalformedJson() {}

  public static Stream<String> texts() {
    return Stream.concat(
        Stream.of("", "[1}", "}", "nul", "nan", ".5", "+1", "01", "5.", "-", "1e", "0x10", "'a'")
            .map("{\"a\":%s}"::formatted),
        List.of(
            "{",
            "{\"inputs\":[{\"data\":[1}",
            "{\"a\"",
            "{\"a\":",
            "{\"a\" 1}",
            "{\"a\":1,}",
            "{,}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":[1,]}",
            "{\"a\":[1 2]}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"b",
            "{\"a\":/*",
            "{\"a\":1]",
            "{\"a\":[[[",
            "{\"a\":tru\u00e9}",
            "{\"a\":\uD83D\uDE00}",
            "{\"a\":\u0000}",
            "{\"a\":" + "x".repeat(1000) + "}",
            "{\"a\":-Inf}",
            "{\"a\":1" + "0".repeat(5000) + "}",
            "{\"a\":0." + "1".repeat(5000) + "}",
            "{\"a\":" + "[".repeat(2000),
            "{\"" + "n".repeat(60_000) + "\":1}")
            .stream());
  }

  /** Holds a message against the words of the library that reads JSON. */
  public static void assertOurWords(String message) {
    assertFalse(LIBRARY.matcher(message).find(), message);
  }
}
