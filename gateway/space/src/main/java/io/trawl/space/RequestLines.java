package io.trawl.space;

import io.trawl.domain.Behaviour;
import io.trawl.domain.Objective;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.RequestBounds;
import io.trawl.domain.User;
import io.trawl.retrieval.QueryVectors;
import io.trawl.space.catalogue.Catalogue;
import io.trawl.space.manifest.Manifest;
import io.trawl.space.source.JsonNode;
import io.trawl.space.source.LineCursor;
import io.trawl.space.source.SpaceRefused;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@code users.jsonl} and {@code golden.jsonl}, within {@link RequestBounds}. */
final class RequestLines {

  static final String USERS = "users.jsonl";
  static final String GOLDEN = "golden.jsonl";

  private static final Set<String> USER_KEYS =
      Set.of("id", "profile", "now", "history", "held_out");
  private static final Set<String> GOLDEN_KEYS =
      Set.of(
          "objective",
          "text",
          "profile",
          "now",
          "history",
          "token_ids",
          "attention_mask",
          "item_positions",
          "query_vectors",
          "top");

  private final Manifest manifest;
  private final Catalogue catalogue;
  private final Map<String, Objective> objectives;

  RequestLines(Manifest manifest, Catalogue catalogue) {
    this.manifest = manifest;
    this.catalogue = catalogue;
    this.objectives =
        manifest.objectives().stream()
            .collect(Collectors.toUnmodifiableMap(Objective::name, one -> one));
  }

  /** The users, read as the stream is consumed. */
  Stream<SampleUser> users(MemorySegment text) {
    var lines = new LineCursor(USERS, text);
    return Stream.iterate(lines, LineCursor::next, line -> line).map(line -> user(line.json()));
  }

  List<GoldenRequest> golden(MemorySegment text) {
    var requests = new ArrayList<GoldenRequest>();
    var line = new LineCursor(GOLDEN, text);
    while (line.next()) {
      requests.add(golden(line.number(), line.json()));
    }
    for (var objective : manifest.objectives()) {
      // Of what was added later the trainer knew nothing.
      if (!objective.extrapolated()
          && requests.stream().noneMatch(r -> r.objective().name().equals(objective.name()))) {
        throw new SpaceRefused(
            GOLDEN,
            "has no request for " + objective.name(),
            "one per objective that is not extrapolated");
      }
    }
    return List.copyOf(requests);
  }

  private SampleUser user(JsonNode node) {
    node.only(USER_KEYS);
    var heldOut = new LinkedHashMap<String, HeldOut>();
    node.get("held_out")
        .fields()
        .forEach(
            (name, held) -> {
              var objective = objectives.get(name);
              if (objective == null) {
                throw held.refused("is for an unknown objective", "one of " + objectives.keySet());
              }
              heldOut.put(name, heldOut(objective, held));
            });
    return new SampleUser(
        new User(
            node.get("id").nonEmptyText(RequestBounds.MAX_ID_CHARS), profile(node), history(node)),
        now(node),
        heldOut);
  }

  private HeldOut heldOut(Objective objective, JsonNode node) {
    node.only(Set.of("items", "text", "oracle_ranks"));
    var items = node.get("items").list();
    if (items.isEmpty()) {
      throw node.get("items").wrong("at least one item");
    }
    items.forEach(this::known);
    return new HeldOut(
        items.stream().map(JsonNode::text).toList(),
        asked(objective, node, node.find("text")).text(),
        oracleRanks(node.find("oracle_ranks"), items.size()));
  }

  private List<Integer> oracleRanks(@Nullable JsonNode node, int items) {
    return node == null
        ? List.of()
        : node.list(items).stream()
            .map(rank -> rank.integer(0, manifest.sizes().items() - 1))
            .toList();
  }

  private static ObjectiveRequest asked(
      Objective objective, JsonNode node, @Nullable JsonNode text) {
    var asked =
        new ObjectiveRequest(
            objective.name(), text == null ? null : text.textOrNull(RequestBounds.MAX_TEXT_CHARS));
    if (!objective.text().suits(asked)) {
      throw node.refused(
          asked.text() == null ? "has no text" : "has a text",
          "text as objective %s takes it: %s"
              .formatted(objective.name(), objective.text().label()));
    }
    return asked;
  }

  private int known(JsonNode item) {
    var ordinal = catalogue.ordinal(item.text());
    if (ordinal < 0) {
      throw item.wrong("the id of an item of the space");
    }
    return ordinal;
  }

  private GoldenRequest golden(int line, JsonNode node) {
    node.only(GOLDEN_KEYS);
    var tokens = longs(node.get("token_ids"), 0, Integer.MAX_VALUE);
    if (!manifest.sizes().lengths().contains(tokens.length)) {
      throw node.get("token_ids")
          .refused("has the length " + tokens.length, "one of " + manifest.sizes().lengths());
    }
    node.get("attention_mask").list(tokens.length);
    var positions = pairs(node.get("item_positions"));
    var ordinals = new int[positions.size()];
    var at = new int[positions.size()];
    for (var i = 0; i < at.length; i++) {
      at[i] = positions.get(i).getFirst().integer(0, tokens.length - 1);
      ordinals[i] = positions.get(i).getLast().integer(0, manifest.sizes().items() - 1);
    }
    var top = pairs(node.get("top"));
    var expected = Math.min(GoldenRequest.TOP, manifest.sizes().items());
    if (top.size() != expected) {
      throw node.get("top").refused("has %d items".formatted(top.size()), expected + " items");
    }
    var scores = new float[top.size()];
    for (var i = 0; i < scores.length; i++) {
      scores[i] = (float) top.get(i).getLast().number();
    }
    return new GoldenRequest(
        line,
        asked(
            Objects.requireNonNull(
                objectives.get(node.get("objective").oneOf(objectives.keySet()))),
            node,
            node.get("text")),
        new User("", profile(node), history(node)),
        now(node),
        new GoldenRequest.Tokens(tokens, longs(node.get("attention_mask"), 0, 1), at, ordinals),
        queryVectors(node.get("query_vectors")),
        new GoldenRequest.Top(
            top.stream().mapToInt(pair -> known(pair.getFirst())).toArray(), scores));
  }

  private QueryVectors queryVectors(JsonNode node) {
    var width = manifest.sizes().vectorWidth();
    var values = new float[manifest.sizes().queryVectors() * width];
    var rows = node.list(manifest.sizes().queryVectors());
    for (var m = 0; m < rows.size(); m++) {
      var row = rows.get(m).list(width);
      for (var h = 0; h < width; h++) {
        values[m * width + h] = (float) row.get(h).number();
      }
    }
    return new QueryVectors(values, manifest.sizes().queryVectors(), width);
  }

  private static long[] longs(JsonNode node, long min, long max) {
    return node.list().stream().mapToLong(element -> element.integer(min, max)).toArray();
  }

  private static List<List<JsonNode>> pairs(JsonNode node) {
    return node.list().stream().map(element -> element.list(2)).toList();
  }

  private static Map<String, String> profile(JsonNode node) {
    var profile = new LinkedHashMap<String, String>();
    var given = node.get("profile").fields();
    if (given.size() > RequestBounds.MAX_PROFILE_ENTRIES) {
      throw node.get("profile")
          .refused(
              "has " + given.size() + " entries", "at most " + RequestBounds.MAX_PROFILE_ENTRIES);
    }
    given.forEach(
        (key, value) -> {
          if (key.isEmpty() || key.length() > RequestBounds.MAX_TEXT_CHARS) {
            throw value.refused(
                "has a key of " + key.length() + " characters",
                "1 to " + RequestBounds.MAX_TEXT_CHARS);
          }
          profile.put(key, value.text(RequestBounds.MAX_TEXT_CHARS));
        });
    return profile;
  }

  private static List<Behaviour> history(JsonNode node) {
    var given = node.get("history").list();
    if (given.size() > RequestBounds.MAX_HISTORY) {
      throw node.get("history")
          .refused("has " + given.size() + " behaviours", "at most " + RequestBounds.MAX_HISTORY);
    }
    return given.stream()
        .map(
            element -> {
              var behaviour = element.list(3);
              return new Behaviour(
                  behaviour.get(0).nonEmptyText(RequestBounds.MAX_ID_CHARS),
                  behaviour.get(1).textOrNull(RequestBounds.MAX_ID_CHARS),
                  instant(behaviour.get(2)));
            })
        .toList();
  }

  private static @Nullable Instant now(JsonNode node) {
    return instant(node.get("now"));
  }

  private static @Nullable Instant instant(JsonNode node) {
    return node.value() == null ? null : node.time();
  }
}
