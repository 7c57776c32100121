package io.trawl.space.manifest;

import io.trawl.domain.Objective.TextUse;
import io.trawl.space.manifest.PromptTemplate.Part;
import io.trawl.space.source.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Cuts an objective's template at its placeholders. */
final class Templates {

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([A-Za-z0-9_]*)}");

  private Templates() {}

  static List<Part> cut(JsonNode template, TextUse text) {
    var parts = new ArrayList<Part>();
    var source = template.nonEmptyText();
    var matcher = PLACEHOLDER.matcher(source);
    var from = 0;
    while (matcher.find()) {
      literal(source.substring(from, matcher.start()), parts);
      parts.add(placeholder(template, matcher.group(1)));
      from = matcher.end();
    }
    literal(source.substring(from), parts);
    times(template, parts, new Part.History(), 1, 1);
    times(template, parts, new Part.Profile(), 0, 1);
    var texts = text == TextUse.NONE ? 0 : 1;
    times(template, parts, new Part.Text(), texts, texts);
    return parts;
  }

  private static void literal(String text, List<Part> parts) {
    if (!text.isEmpty()) {
      parts.add(new Part.Literal(text));
    }
  }

  private static Part placeholder(JsonNode template, String name) {
    return switch (name) {
      case "profile" -> new Part.Profile();
      case "history" -> new Part.History();
      case "text" -> new Part.Text();
      default ->
          throw template.refused(
              "has the unknown placeholder {" + name + "}", "one of {profile}, {history}, {text}");
    };
  }

  private static void times(JsonNode template, List<Part> parts, Part part, int min, int max) {
    var found = parts.stream().filter(part::equals).count();
    if (found < min || found > max) {
      var name = part.getClass().getSimpleName().toLowerCase(Locale.ROOT);
      throw template.refused(
          "has {%s} %d times".formatted(name, found),
          min == max ? min + " times" : "at most " + max + " times");
    }
  }
}
