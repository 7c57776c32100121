package io.trawl.app.files;

import io.trawl.app.terminal.TextWidth;
import io.trawl.domain.Objective.TextUse;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.RequestBounds;
import io.trawl.space.manifest.ManifestReader;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The objectives in a space's manifest, with those that an operator adds. One of these has the
 * template and the rules of one that the space was trained on, and words of its own in it.
 */
public final class OwnObjectives {

  /** So many of them: each is in every list of objectives, and its words are held as tokens. */
  public static final int MOST = 64;

  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9._-]{1," + RequestBounds.MAX_ID_CHARS + "}");

  private static final int SHOWN_CHARACTERS = 80;

  /** What a template has beside words: special tokens and placeholders. */
  private static final Pattern MARK = Pattern.compile("<\\|[^|]*\\|>|\\{[A-Za-z0-9_]*}");

  private final Path manifest;
  private final JsonObject said;
  private final JsonArray objectives;

  private OwnObjectives(Path manifest, JsonObject said) {
    this.manifest = manifest;
    this.said = said;
    this.objectives = said.getJsonArray("objectives");
  }

  /** Those of a space that may be opened. */
  public static OwnObjectives of(Path space) throws IOException {
    var manifest = space.resolve(ManifestReader.FILE);
    return new OwnObjectives(manifest, new JsonObject(Files.readString(manifest)));
  }

  /**
   * One to be added.
   *
   * @param title the name for a person
   * @param text what its prompts say of it
   * @param needsText whether requests bring a text too
   * @param like the one whose template and rules it has; null for the first that suits
   */
  public record Wanted(
      String name, String title, String text, boolean needsText, @Nullable String like) {}

  /**
   * Adds one, behind the others.
   *
   * @return its template
   * @throws IllegalArgumentException with a sentence for a person, if it cannot be
   */
  public String add(Wanted wanted) {
    checkName(wanted.name());
    checkText("--text", wanted.text());
    checkText("--title", wanted.title());
    var own = objectives().filter(OwnObjectives::isExtrapolated).count();
    if (own >= MOST) {
      throw new IllegalArgumentException(
          "the space has %d objectives that were added; expected fewer than %d"
              .formatted(own, MOST));
    }
    var model = model(wanted);
    var template = template(model, wanted.text());
    if (objectives().anyMatch(one -> one.getString("template").equals(template))) {
      throw new IllegalArgumentException(
          "--text is what the space has already; expected other words than those of its"
              + " objectives");
    }
    objectives.add(
        model
            .copy()
            .put("name", wanted.name())
            .put("title", wanted.title())
            .put("template", template)
            .put("text", (wanted.needsText() ? TextUse.REQUIRED : TextUse.NONE).label())
            .put(ManifestReader.EXTRAPOLATED, true));
    return template;
  }

  /**
   * Removes one that was added.
   *
   * @return its name
   * @throws IllegalArgumentException with a sentence for a person, if it was not
   */
  public String remove(String name) {
    var at =
        IntStream.range(0, objectives.size())
            .filter(i -> name.equals(objectives.getJsonObject(i).getString("name")))
            .filter(i -> isExtrapolated(objectives.getJsonObject(i)))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--name is '%s'; expected an objective that was added: %s"
                            .formatted(
                                shown(name),
                                names(objectives().filter(OwnObjectives::isExtrapolated)))));
    objectives.remove(at);
    return name;
  }

  /** What the manifest is to say. */
  public String manifest() {
    return said.encodePrettily() + "\n";
  }

  /** In one step: whoever looks sees the manifest of before or this one. */
  public void write() throws IOException {
    WholeFile.write(manifest, manifest());
  }

  private void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "--name is '%s'; expected 1 to %d of the characters A-Z a-z 0-9 . _ -"
              .formatted(shown(name), RequestBounds.MAX_ID_CHARS));
    }
    if (objectives().anyMatch(one -> one.getString("name").equals(name))) {
      throw new IllegalArgumentException(
          "--name is '%s', as the space has one; expected another than %s"
              .formatted(name, names(objectives())));
    }
  }

  private static void checkText(String option, String text) {
    if (ObjectiveRequest.isBlank(text) || text.length() > RequestBounds.MAX_TEXT_CHARS) {
      throw new IllegalArgumentException(
          "%s has %d characters; expected 1 to %d, and one that shows"
              .formatted(option, text.length(), RequestBounds.MAX_TEXT_CHARS));
    }
    // Placeholders of a template are in braces.
    if (text.chars().anyMatch(c -> c == '{' || c == '}' || Character.isISOControl(c))) {
      throw new IllegalArgumentException(
          "%s is '%s'; expected words without braces and control characters"
              .formatted(option, shown(text)));
    }
  }

  /** The objective whose template and rules another has. */
  private JsonObject model(Wanted wanted) {
    var suiting =
        objectives()
            .filter(one -> !isExtrapolated(one))
            .filter(one -> wanted.needsText() == takesText(one))
            .toList();
    var like = wanted.like();
    var expected =
        "expected one that the space was trained on and that takes %s text: %s"
            .formatted(wanted.needsText() ? "a" : "no", names(suiting.stream()));
    return suiting.stream()
        .filter(one -> like == null || one.getString("name").equals(like))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    like == null
                        ? "there is no objective to be like; " + expected
                        : "--like is '%s'; %s".formatted(shown(like), expected)));
  }

  /** The template with other words in the place of its own. */
  private static String template(JsonObject model, String words) {
    var template = model.getString("template");
    var places = words(template);
    if (places.size() != 1) {
      throw new IllegalArgumentException(
          "the template of %s, %s, has words in %d places; expected one, for those of --text"
              .formatted(model.getString("name"), shown(template), places.size()));
    }
    // Spaces around its own words stay.
    var place = places.getFirst();
    var own = place.text().strip();
    var from = template.indexOf(own, place.from());
    return template.substring(0, from) + words + template.substring(from + own.length());
  }

  /** Words of a template, with the spaces around them. */
  private record Words(int from, String text) {}

  /** What stands between marks and is not blank. */
  private static List<Words> words(String template) {
    List<Words> found = new ArrayList<>();
    var marks = MARK.matcher(template);
    int from = 0;
    boolean more = true;
    while (more) {
      more = marks.find();
      var text = template.substring(from, more ? marks.start() : template.length());
      if (!text.isBlank()) {
        found.add(new Words(from, text));
      }
      from = more ? marks.end() : from;
    }
    return found;
  }

  private static boolean takesText(JsonObject objective) {
    return !objective.getString("text").equals(TextUse.NONE.label());
  }

  private static boolean isExtrapolated(JsonObject objective) {
    return objective.getBoolean(ManifestReader.EXTRAPOLATED, false);
  }

  private Stream<JsonObject> objectives() {
    return objectives.stream().map(JsonObject.class::cast);
  }

  private static String names(Stream<JsonObject> objectives) {
    var names = objectives.map(one -> one.getString("name")).collect(Collectors.joining(", "));
    return names.isEmpty() ? "there is none" : names;
  }

  /** The beginning of what somebody wrote, as a terminal may show it. */
  private static String shown(String text) {
    return TextWidth.printable(
        text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "…");
  }
}
