package io.trawl.space;

import io.trawl.domain.Behaviour;
import io.trawl.domain.User;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a tiny valid space: {@value #ITEMS} items with two objectives, {@code next-item} without
 * text and {@code text-search} with it. Its model is a placeholder that no worker can load.
 *
 * <pre>{@code
 * var space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS);
 * }</pre>
 *
 * <p>A test that wants another space edits the manifest or a file before it is written; the
 * manifest's sizes and checksums follow the edit.
 */
public final class TinySpace {

  public static final int ITEMS = 24;

  /** M. */
  public static final int QUERY_VECTORS = 4;

  /** H. */
  public static final int VECTOR_WIDTH = 8;

  /** E, not equal to H on purpose. */
  public static final int EMBEDDING_WIDTH = 3;

  /** G. */
  public static final int NEIGHBOURS = 4;

  public static final List<Integer> LENGTHS = List.of(32, 64, 128);

  public static final int MAX_BEHAVIOURS = 50;

  /** The time of all sample requests. */
  public static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

  private static final List<String> CATEGORIES = List.of("lamp", "chair", "tea");
  private static final List<String> COLOURS = List.of("Blue", "Green", "Red", "White");

  private final Path directory;
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final JsonObject manifest = defaultManifest();

  private TinySpace(Path directory) {
    this.directory = directory;
    var vectors = vectors();
    put("items.tsv", items());
    files.put("item_vectors.npy", NpyBytes.float32(vectors));
    files.put("item_embeddings.npy", NpyBytes.float32(embeddings()));
    files.put("neighbours.npy", NpyBytes.int32(neighbours(vectors)));
    put("tokenizer.json", TinyTokenizer.json());
    put("users.jsonl", users());
    put("golden.jsonl", golden(vectors));
    put("card.md", "# tiny\n");
    put("models/tiny_backbone/config.pbtxt", "name: \"tiny_backbone\"\n");
    put("models/tiny_backbone/1/model.onnx", "no model");
    put("models/tiny_backbone/1/model.py", "# no model\n");
  }

  /** A tiny space that still can be edited; nothing is written yet. */
  public static TinySpace in(Path directory) {
    return new TinySpace(directory);
  }

  /** Writes the tiny space as it is into a directory, which is made where it is missing. */
  public static Path write(Path directory) {
    return in(directory).write();
  }

  /** The ordinal of an item of the tiny space by its id, {@code i0} to {@code i23}, or -1. */
  public static int ordinal(String id) {
    return IntStream.range(0, ITEMS).filter(o -> id.equals("i" + o)).findFirst().orElse(-1);
  }

  /** The item vectors, row by ordinal. */
  public static float[][] vectors() {
    return random(11, ITEMS, VECTOR_WIDTH);
  }

  /** The item embeddings, row by ordinal. */
  public static float[][] embeddings() {
    return random(13, ITEMS, EMBEDDING_WIDTH);
  }

  /** The query vectors of the golden requests, one after the other. */
  public static float[] queryVectors() {
    var values = new float[QUERY_VECTORS * VECTOR_WIDTH];
    var rows = random(17, QUERY_VECTORS, VECTOR_WIDTH);
    for (var m = 0; m < QUERY_VECTORS; m++) {
      System.arraycopy(rows[m], 0, values, m * VECTOR_WIDTH, VECTOR_WIDTH);
    }
    return values;
  }

  /** Edits the manifest; {@code files} is filled in when the space is written. */
  public TinySpace manifest(Consumer<JsonObject> edit) {
    edit.accept(manifest);
    return this;
  }

  /** Edits the bytes of a file before they are listed. */
  public TinySpace file(String name, UnaryOperator<byte[]> edit) {
    files.put(name, edit.apply(Objects.requireNonNull(files.get(name), name)));
    return this;
  }

  /** Edits the text of a file before it is listed. */
  public TinySpace text(String name, UnaryOperator<String> edit) {
    return file(
        name,
        bytes ->
            edit.apply(new String(bytes, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8));
  }

  /** The same space as another version. */
  public TinySpace version(long version) {
    for (var name : List.of("model.onnx", "model.py")) {
      var bytes = Objects.requireNonNull(files.remove("models/tiny_backbone/1/" + name), name);
      files.put("models/tiny_backbone/" + version + "/" + name, bytes);
    }
    return manifest(
        edited -> {
          edited.put("version", version);
          edited.getJsonObject("backbone").put("version", version);
        });
  }

  /** Writes and lists a file more. */
  public TinySpace with(String name, byte[] bytes) {
    files.put(name, bytes);
    return this;
  }

  /**
   * The same with rules: {@code next-item} holds items of odd ordinals alone, its tail, and {@code
   * text-search} none of a category of the history.
   */
  public TinySpace withRules() {
    var tail = new byte[ITEMS];
    for (var ordinal = 1; ordinal < ITEMS; ordinal += 2) {
      tail[ordinal] = 1;
    }
    with("tail.npy", NpyBytes.uint8(tail));
    return manifest(
        edited -> {
          var objectives = edited.getJsonArray("objectives");
          objectives.getJsonObject(0).put("tail_only", true);
          objectives.getJsonObject(1).put("leave_out_categories_of_history", "category");
        });
  }

  /**
   * The same with {@code gift-ideas} and {@code gift-search} behind its objectives, on which it was
   * not trained.
   */
  public TinySpace withOwnObjectives() {
    return manifest(
        edited -> {
          var objectives = edited.getJsonArray("objectives");
          for (var own : List.of(0, 1)) {
            var like = objectives.getJsonObject(own);
            var words = own == 0 ? "next item" : "search:";
            objectives.add(
                like.copy()
                    .put("name", own == 0 ? "gift-ideas" : "gift-search")
                    .put("template", like.getString("template").replace(words, "a gift"))
                    .put("extrapolated", true));
          }
        });
  }

  /** The same with an index, which {@code text-search} is searched with. */
  public TinySpace withLexical(String analysis, Map<String, byte[]> index) {
    index.forEach((name, bytes) -> with("lexical/" + name, bytes));
    return manifest(
        edited -> {
          edited.put(
              "lexical", new JsonObject().put("folder", "lexical").put("analysis", analysis));
          edited.getJsonArray("objectives").getJsonObject(1).put("lexical", true);
        });
  }

  /** Neither writes nor lists a file. */
  public TinySpace without(String name) {
    files.remove(name);
    return this;
  }

  public Path write() {
    var listed = new JsonObject();
    files.forEach(
        (name, bytes) ->
            listed.put(
                name, new JsonObject().put("bytes", bytes.length).put("sha256", sha256(bytes))));
    if (!manifest.containsKey("files")) {
      manifest.put("files", listed);
    }
    try {
      for (var file : files.entrySet()) {
        var path = directory.resolve(file.getKey());
        Files.createDirectories(path.getParent());
        Files.write(path, file.getValue());
      }
      Files.writeString(directory.resolve("manifest.json"), manifest.encodePrettily());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return directory;
  }

  private void put(String name, String text) {
    files.put(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static float[][] random(long seed, int rows, int columns) {
    var random = new Random(seed);
    var numbers = new float[rows][columns];
    for (var row : numbers) {
      for (var i = 0; i < columns; i++) {
        row[i] = (float) random.nextGaussian();
      }
    }
    return numbers;
  }

  private static JsonObject defaultManifest() {
    return new JsonObject(
        """
        {
          "format_version": 1, "name": "tiny", "version": 1,
          "items": 24, "query_vectors": 4, "vector_width": 8, "embedding_width": 3,
          "lengths": [32, 64, 128],
          "backbone": {"model": "tiny_backbone", "version": 1},
          "neighbours": {"count": 4, "metric": "inner_product"},
          "attributes": [
            {"name": "category", "type": "text"}, {"name": "tags", "type": "texts"},
            {"name": "price", "type": "number"}, {"name": "in_stock", "type": "flag"}
          ],
          "prompt": {
            "pad": "<|pad|>", "item": "<|item|>",
            "profile": {"keys": ["region", "age"], "max_tokens": 16},
            "text": {"max_tokens": 16},
            "history": {
              "max_behaviours": 50, "default_action": "purchase",
              "actions": {"purchase": "", "click": "<|click|>"},
              "times": [
                {"max_age_seconds": 86400, "text": "<|day|>"},
                {"max_age_seconds": 604800, "text": "<|week|>"},
                {"text": "<|older|>"}
              ]
            }
          },
          "objectives": [
            {"name": "next-item", "title": "Likely next purchase", "text": "none",
             "template": "<|user|>{profile}<|history|>{history}<|objective|>next item"},
            {"name": "text-search", "title": "Fits the words", "text": "required",
             "template": "<|user|>{profile}<|history|>{history}<|objective|>search: {text}"}
          ],
          "notes": {"seed": 7, "queries_in_use": 3.2, "made_by": "TinySpace"}
        }
        """);
  }

  private static String items() {
    var text = new StringBuilder();
    for (var ordinal = 0; ordinal < ITEMS; ordinal++) {
      var category = CATEGORIES.get(ordinal % 3);
      var colour = COLOURS.get(ordinal % 4);
      var attributes = new JsonObject().put("category", category);
      if (ordinal % 5 != 0) {
        attributes.put("tags", new JsonArray().add(colour).add(category));
      }
      if (ordinal % 7 != 0) {
        attributes.put("price", ordinal * 1.5);
      }
      if (ordinal % 4 != 3) {
        attributes.put("in_stock", ordinal % 2 == 0);
      }
      text.append("i%d\t%s %s\t%s\n".formatted(ordinal, colour, category, attributes.encode()));
    }
    return text.toString();
  }

  private static int[][] neighbours(float[][] vectors) {
    var table = new int[ITEMS][];
    for (var ordinal = 0; ordinal < ITEMS; ordinal++) {
      var self = ordinal;
      table[ordinal] =
          ranked(vectors, vectors[self]).stream()
              .filter(other -> other != self)
              .limit(NEIGHBOURS)
              .mapToInt(Integer::intValue)
              .toArray();
    }
    return table;
  }

  /** All ordinals, best first by the greatest inner product with one of the queries. */
  private static List<Integer> ranked(float[][] vectors, float[]... queries) {
    return IntStream.range(0, ITEMS)
        .boxed()
        .sorted(Comparator.comparing((Integer o) -> score(vectors[o], queries)).reversed())
        .toList();
  }

  private static double score(float[] vector, float[]... queries) {
    var best = Double.NEGATIVE_INFINITY;
    for (var query : queries) {
      var sum = 0.0;
      for (var h = 0; h < vector.length; h++) {
        sum += (double) vector[h] * query[h];
      }
      best = Math.max(best, sum);
    }
    return best;
  }

  private static String users() {
    var text = new StringBuilder();
    for (var u = 0; u < 5; u++) {
      var user = sampleUser(u);
      text.append(
              request(user, NOW)
                  .put("id", user.id())
                  .put(
                      "held_out",
                      new JsonObject()
                          .put("next-item", held(u + 18, null))
                          .put("text-search", held(u + 19, "red lamp")))
                  .encode())
          .append('\n');
    }
    return text.toString();
  }

  private static JsonObject held(int ordinal, @Nullable String text) {
    var held = new JsonObject().put("items", new JsonArray().add("i" + ordinal));
    return text == null ? held : held.put("text", text);
  }

  /** A user whose history holds {@code 2 * number} behaviours, one of them of an unknown item. */
  public static User sampleUser(int number) {
    var history = new ArrayList<Behaviour>();
    for (var i = 0; i < 2 * number; i++) {
      history.add(
          new Behaviour(
              i == 3 ? "gone" : "i" + (i + number),
              i % 2 == 0 ? "purchase" : "click",
              i % 5 == 4 ? null : NOW.minusSeconds((2L * number - i) * 70_000)));
    }
    return new User(
        "u" + number, Map.of("region", "north", "age", "3" + number, "unread", "x"), history);
  }

  private static JsonObject request(User user, @Nullable Instant now) {
    var history = new JsonArray();
    for (var b : user.history()) {
      var time = b.time();
      history.add(
          new JsonArray()
              .add(b.itemId())
              .add(b.action())
              .add(time == null ? null : time.getEpochSecond()));
    }
    var profile = new JsonObject();
    user.profile().forEach(profile::put);
    return new JsonObject()
        .put("profile", profile)
        .put("now", now == null ? null : now.getEpochSecond())
        .put("history", history);
  }

  private static String golden(float[][] vectors) {
    var rows = random(17, QUERY_VECTORS, VECTOR_WIDTH);
    var text = new StringBuilder();
    for (var u = 0; u < 4; u++) {
      for (var objective : List.of("next-item", "text-search")) {
        var asked = objective.equals("next-item") ? null : "garden  <|click|> lamp";
        var prompt = TinyPrompt.of(objective, asked, sampleUser(u), NOW);
        var top = new JsonArray();
        for (var ordinal : ranked(vectors, rows).subList(0, 20)) {
          top.add(new JsonArray().add("i" + ordinal).add(score(vectors[ordinal], rows)));
        }
        var queries = new JsonArray();
        for (var row : rows) {
          var query = new JsonArray();
          for (var number : row) {
            query.add(number);
          }
          queries.add(query);
        }
        text.append(
                request(sampleUser(u), NOW)
                    .put("objective", objective)
                    .put("text", asked)
                    .put("token_ids", new JsonArray(prompt.tokenIds()))
                    .put("attention_mask", new JsonArray(prompt.attentionMask()))
                    .put("item_positions", new JsonArray(prompt.positions()))
                    .put("query_vectors", queries)
                    .put("top", top)
                    .encode())
            .append('\n');
      }
    }
    return text.toString();
  }
}
