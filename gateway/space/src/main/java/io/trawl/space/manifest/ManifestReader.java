package io.trawl.space.manifest;

import io.trawl.domain.Objective;
import io.trawl.domain.Objective.Rules;
import io.trawl.domain.Objective.TextUse;
import io.trawl.domain.RequestBounds;
import io.trawl.domain.SpaceId;
import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeType;
import io.trawl.space.manifest.Manifest.Backbone;
import io.trawl.space.manifest.Manifest.FileEntry;
import io.trawl.space.manifest.Manifest.Indexes;
import io.trawl.space.manifest.Manifest.Lexical;
import io.trawl.space.manifest.Manifest.Metric;
import io.trawl.space.manifest.Manifest.Neighbours;
import io.trawl.space.manifest.Manifest.Prompts;
import io.trawl.space.manifest.Manifest.Sizes;
import io.trawl.space.manifest.PromptGrammar.History;
import io.trawl.space.manifest.PromptGrammar.Profile;
import io.trawl.space.manifest.PromptGrammar.Text;
import io.trawl.space.manifest.PromptGrammar.TimeText;
import io.trawl.space.source.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code manifest.json} strictly: nothing missing, nothing unknown, nothing out of range. */
public final class ManifestReader {

  public static final String FILE = "manifest.json";
  static final int FORMAT_VERSION = 1;

  /** More query vectors, wider rows or longer prompts than this are a mistake, not a model. */
  private static final int MAX_SIZE = 1 << 16;

  private static final Set<String> KEYS =
      Set.of(
          "format_version",
          "name",
          "version",
          "items",
          "query_vectors",
          "vector_width",
          "embedding_width",
          "lengths",
          "backbone",
          "neighbours",
          "lexical",
          "attributes",
          "prompt",
          "objectives",
          "files",
          "notes");
  private static final String LEXICAL = "lexical";
  private static final String WEIGHT = "lexical_weight";

  /** Of what words find, beside 1 for query vectors; with more these would have no say. */
  public static final int MAX_LEXICAL_WEIGHT = 1000;

  private static final String TAIL_ONLY = "tail_only";
  private static final String CATEGORIES_OF_HISTORY = "leave_out_categories_of_history";

  /** Of an objective that was added to those that the space was trained on. */
  public static final String EXTRAPOLATED = "extrapolated";

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  private ManifestReader() {}

  public static Manifest read(String json) {
    var root = JsonNode.parse(() -> FILE, json);
    // First, since another format's keys would otherwise be blamed one by one.
    var format = root.get("format_version");
    if (format.integer(1, Integer.MAX_VALUE) != FORMAT_VERSION) {
      throw format.refused("is " + format.value(), FORMAT_VERSION + ", the one this build reads");
    }
    root.only(KEYS);
    var attributes = attributes(root.get("attributes"));
    var words = new HashSet<String>();
    var prompt = prompt(root.get("prompt"), words);
    var id =
        new SpaceId(
            root.get("name").nonEmptyText(RequestBounds.MAX_ID_CHARS),
            version(root.get("version")));
    return new Manifest(
        id,
        new Sizes(
            root.get("items").integer(1, Integer.MAX_VALUE - 8),
            root.get("query_vectors").integer(1, MAX_SIZE),
            root.get("vector_width").integer(1, MAX_SIZE),
            root.get("embedding_width").integer(1, MAX_SIZE),
            lengths(root.get("lengths"))),
        backbone(root.get("backbone"), id.version()),
        new Indexes(neighbours(root.find("neighbours")), lexical(root.find("lexical"))),
        attributes,
        new Prompts(prompt, templates(root, attributes, words)),
        files(root.get("files")),
        notes(root.get("notes")));
  }

  private static long version(JsonNode node) {
    return node.integer(1, Long.MAX_VALUE);
  }

  private static List<Integer> lengths(JsonNode node) {
    var lengths = new ArrayList<Integer>();
    for (var element : nonEmpty(node)) {
      var length = element.integer(1, MAX_SIZE);
      if (!lengths.isEmpty() && length <= lengths.getLast()) {
        throw element.wrong("more than the length before it, " + lengths.getLast());
      }
      lengths.add(length);
    }
    return lengths;
  }

  private static List<JsonNode> nonEmpty(JsonNode node) {
    var list = node.list();
    if (list.isEmpty()) {
      throw node.wrong("at least one element");
    }
    return list;
  }

  private static Backbone backbone(JsonNode node, long spaceVersion) {
    node.only(Set.of("model", "version"));
    var model = node.get("model");
    if (model.nonEmptyText().contains("/") || model.text().startsWith(".")) {
      throw model.wrong("the name of a directory under models/");
    }
    var version = node.get("version");
    if (version(version) != spaceVersion) {
      throw version.refused("is " + version.value(), "the version of the space, " + spaceVersion);
    }
    return new Backbone(model.text(), spaceVersion);
  }

  private static @Nullable Neighbours neighbours(@Nullable JsonNode node) {
    if (node == null) {
      return null;
    }
    node.only(Set.of("count", "metric"));
    return new Neighbours(
        node.get("count").integer(1, MAX_SIZE), node.get("metric").oneOf(Metric.class));
  }

  private static @Nullable Lexical lexical(@Nullable JsonNode node) {
    if (node == null) {
      return null;
    }
    node.only(Set.of("folder", "analysis"));
    var folder = node.get("folder");
    if (folder.nonEmptyText(RequestBounds.MAX_ID_CHARS).contains("/")
        || folder.text().startsWith(".")) {
      throw folder.wrong("the name of a directory of the space");
    }
    return new Lexical(
        folder.text(), node.get("analysis").nonEmptyText(RequestBounds.MAX_ID_CHARS));
  }

  private static List<Attribute> attributes(JsonNode node) {
    var attributes = new ArrayList<Attribute>();
    var names = new HashSet<String>();
    for (var element : node.list()) {
      element.only(Set.of("name", "type"));
      var type = element.get("type").oneOf(AttributeType.class);
      attributes.add(new Attribute(unique(element.get("name"), names), type));
    }
    return attributes;
  }

  private static String unique(JsonNode node, Set<String> names) {
    if (!names.add(node.nonEmptyText(RequestBounds.MAX_ID_CHARS))) {
      throw node.wrong("a name that was not given before");
    }
    return node.text();
  }

  /** {@code words} are the texts of the grammar that were met: each stands for one thing. */
  private static PromptGrammar prompt(JsonNode node, Set<String> words) {
    node.only(Set.of("pad", "item", "profile", "text", "history"));
    var profile = node.get("profile");
    profile.only(Set.of("keys", "max_tokens"));
    var keys = new HashSet<String>();
    var text = node.get("text");
    text.only(Set.of("max_tokens"));
    return new PromptGrammar(
        word(node.get("pad"), words),
        word(node.get("item"), words),
        new Profile(
            profile.get("keys").list().stream().map(key -> unique(key, keys)).toList(),
            profile.get("max_tokens").integer(0, MAX_SIZE)),
        new Text(text.get("max_tokens").integer(0, MAX_SIZE)),
        history(node.get("history"), words));
  }

  private static String word(JsonNode node, Set<String> words) {
    node.nonEmptyText();
    return wordOrNothing(node, words);
  }

  /** Two things that are written alike are one to the backbone, which was trained on both. */
  private static String wordOrNothing(JsonNode node, Set<String> words) {
    if (!node.text().isEmpty() && !words.add(node.text())) {
      throw node.wrong("another text than that of pad, item and every other action and time");
    }
    return node.text();
  }

  private static History history(JsonNode node, Set<String> words) {
    node.only(Set.of("max_behaviours", "default_action", "actions", "times"));
    var actions = new LinkedHashMap<String, String>();
    node.get("actions")
        .fields()
        .forEach(
            (action, text) -> {
              if (action.isEmpty() || action.length() > RequestBounds.MAX_ID_CHARS) {
                throw text.refused(
                    "is of an action with a name of " + action.length() + " characters",
                    "1 to " + RequestBounds.MAX_ID_CHARS);
              }
              actions.put(action, wordOrNothing(text, words));
            });
    var defaultAction = node.get("default_action");
    if (!actions.containsKey(defaultAction.text())) {
      throw defaultAction.wrong("one of the actions " + actions.keySet());
    }
    return new History(
        node.get("max_behaviours").integer(0, MAX_SIZE),
        defaultAction.text(),
        actions,
        times(node.get("times"), words));
  }

  private static List<TimeText> times(JsonNode node, Set<String> words) {
    var times = new ArrayList<TimeText>();
    var list = node.list();
    var previous = -1L;
    for (var element : list) {
      element.only(Set.of("max_age_seconds", "text"));
      var bound = element.find("max_age_seconds");
      var last = times.size() == list.size() - 1;
      if (last != (bound == null)) {
        throw element.refused(
            bound == null ? "has no max_age_seconds" : "is the last and has max_age_seconds",
            "a bound on every entry but the last");
      }
      if (bound != null) {
        if (bound.integer(0, Long.MAX_VALUE) <= previous) {
          throw bound.wrong("more than the bound before it, " + previous);
        }
        previous = bound.integer(0, Long.MAX_VALUE);
      }
      var text = wordOrNothing(element.get("text"), words);
      times.add(new TimeText(bound == null ? null : previous, text));
    }
    return times;
  }

  private static List<PromptTemplate> templates(
      JsonNode root, List<Attribute> attributes, Set<String> words) {
    var templates = new ArrayList<PromptTemplate>();
    var names = new HashSet<String>();
    var objectives = root.get("objectives");
    for (var element : nonEmpty(objectives)) {
      element.only(
          Set.of(
              "name",
              "title",
              "template",
              "text",
              LEXICAL,
              WEIGHT,
              TAIL_ONLY,
              CATEGORIES_OF_HISTORY,
              EXTRAPOLATED));
      var text = element.get("text").oneOf(TextUse.class);
      var template = template(element.get("template"), words);
      templates.add(
          new PromptTemplate(
              new Objective(
                  unique(element.get("name"), names),
                  element.get("title").text(),
                  text,
                  new Rules(
                      flag(element, TAIL_ONLY),
                      categoryOfHistory(element, attributes),
                      lexical(element, text, root.find(LEXICAL) != null),
                      lexicalWeight(element, text)),
                  flag(element, EXTRAPOLATED)),
              Templates.cut(template, text)));
    }
    if (templates.stream().allMatch(template -> template.objective().extrapolated())) {
      throw objectives.refused(
          "has none but extrapolated ones", "at least one that the backbone was trained on");
    }
    return templates;
  }

  private static JsonNode template(JsonNode node, Set<String> words) {
    for (var word : words) {
      if (word.startsWith("<|") && word.endsWith("|>") && node.text().contains(word)) {
        throw node.wrong("none of the special tokens of prompt, of which it has " + word);
      }
    }
    return node;
  }

  private static @Nullable String categoryOfHistory(
      JsonNode objective, List<Attribute> attributes) {
    var category = objective.find(CATEGORIES_OF_HISTORY);
    if (category == null) {
      return null;
    }
    if (attributes.stream()
        .noneMatch(one -> one.name().equals(category.text()) && one.type().holdsTexts())) {
      throw category.wrong("the name of an attribute of type text or texts");
    }
    return category.text();
  }

  private static double lexicalWeight(JsonNode objective, TextUse text) {
    var weight = objective.find(WEIGHT);
    if (weight == null) {
      return 1;
    }
    if (text == TextUse.NONE) {
      throw weight.refused("is given", "none, since the objective takes no text");
    }
    if (!(weight.number() > 0 && weight.number() <= MAX_LEXICAL_WEIGHT)) {
      throw weight.wrong("a number above 0 and at most " + MAX_LEXICAL_WEIGHT);
    }
    return weight.number();
  }

  private static boolean lexical(JsonNode objective, TextUse text, boolean hasIndex) {
    var lexical = flag(objective, LEXICAL);
    if (lexical && (text == TextUse.NONE || !hasIndex)) {
      throw objective
          .get(LEXICAL)
          .wrong(
              hasIndex
                  ? "false, since the objective takes no text"
                  : "false, since the manifest has no key \"lexical\"");
    }
    return lexical;
  }

  /** False where it is not given. */
  private static boolean flag(JsonNode node, String key) {
    var flag = node.find(key);
    return flag != null && flag.flag();
  }

  private static Map<String, FileEntry> files(JsonNode node) {
    var files = new LinkedHashMap<String, FileEntry>();
    node.fields()
        .forEach(
            (path, entry) -> {
              entry.only(Set.of("bytes", "sha256"));
              var sha256 = entry.get("sha256");
              if (!SHA256.matcher(sha256.text()).matches()) {
                throw sha256.wrong("64 lower-case hex digits");
              }
              files.put(
                  path,
                  new FileEntry(entry.get("bytes").integer(0, Long.MAX_VALUE), sha256.text()));
            });
    return files;
  }

  private static Map<String, String> notes(JsonNode node) {
    var notes = new LinkedHashMap<String, String>();
    node.fields()
        .forEach(
            (key, note) -> {
              if (!(note.value() instanceof String) && !(note.value() instanceof Number)) {
                throw note.wrong("a string or a number");
              }
              notes.put(key, String.valueOf(note.value()));
            });
    return notes;
  }
}
