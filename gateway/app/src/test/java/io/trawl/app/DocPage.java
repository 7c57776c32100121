package io.trawl.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of docs/api: prose in which each request, a block of {@code sh}, is followed by a block
 * with its answer.
 */
record DocPage(Path file, String text) {

  private static final Pattern EXAMPLE =
      Pattern.compile(
          "```sh\\n(?<request>(?:curl|grpcurl) .*?)\\n```\\n\\n```(?<kind>\\w+)\\n(?<answer>.*?)\\n?```",
          Pattern.DOTALL);

  private static final Pattern REQUEST = Pattern.compile("(?m)^```sh\\n(?:curl|grpcurl) ");

  static DocPage read(Path file) {
    try {
      return new DocPage(file, Files.readString(file));
    } catch (IOException unreadable) {
      throw new AssertionError(file.toString(), unreadable);
    }
  }

  List<Example> examples() {
    return EXAMPLE.matcher(text).results().map(Example::of).toList();
  }

  /** Requests that no answer follows. */
  long unanswered() {
    return REQUEST.matcher(text).results().count() - examples().size();
  }

  /** Prints what was answered now in place of what stands there. */
  void write(Function<Example, String> answers) throws IOException {
    var written =
        EXAMPLE
            .matcher(text)
            .replaceAll(
                found ->
                    Matcher.quoteReplacement(
                        "```sh\n"
                            + found.group("request")
                            + "\n```\n\n```"
                            + found.group("kind")
                            + "\n"
                            + answers.apply(Example.of(found))
                            + "\n```"));
    Files.writeString(file, written);
  }

  /** A request as it stands on the page, and what the page says was answered. */
  record Example(String request, String answer) {

    static Example of(MatchResult found) {
      return new Example(found.group("request"), found.group("answer"));
    }

    /** As a POSIX shell splits it, as far as these pages go. */
    List<String> words() {
      List<String> words = new ArrayList<>();
      var word = new StringBuilder();
      boolean inside = false;
      boolean begun = false;
      for (char c : request.replace("\\\n", " ").toCharArray()) {
        if (c == '\'') {
          inside = !inside;
          begun = true;
        } else if (!inside && Character.isWhitespace(c)) {
          if (begun) {
            words.add(word.toString());
          }
          word.setLength(0);
          begun = false;
        } else {
          word.append(c);
          begun = true;
        }
      }
      if (begun) {
        words.add(word.toString());
      }
      return words;
    }
  }
}
