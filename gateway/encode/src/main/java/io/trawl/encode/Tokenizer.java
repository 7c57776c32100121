package io.trawl.encode;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.trawl.space.source.JsonNode;
import io.trawl.space.source.SpaceRefused;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The tokenizer of a space, in the format of Hugging Face tokenizers. Encodes a text on its own: no
 * post-processing, no truncation, no padding. Special tokens in the text count. Safe for use by all
 * threads until it is closed.
 */
final class Tokenizer implements AutoCloseable {

  /**
   * Without these the library may look for a better native build on the network, and tell its
   * makers that it runs. They are read when it is first used, and an operator's own setting wins.
   */
  private static final Map<String, String> STAY_HOME =
      Map.of("ai.djl.offline", "true", "OPT_OUT_TRACKING", "true");

  private final String file;
  private final HuggingFaceTokenizer tokenizer;
  private final Set<Long> specials;

  private Tokenizer(String file, HuggingFaceTokenizer tokenizer, JsonArray addedTokens) {
    this.file = file;
    this.tokenizer = tokenizer;
    this.specials =
        IntStream.range(0, addedTokens.size())
            .mapToObj(addedTokens::getJsonObject)
            .filter(Tokenizer::isSpecial)
            .map(this::idOf)
            .collect(Collectors.toUnmodifiableSet());
  }

  private static boolean isSpecial(JsonObject added) {
    var text = added.getString("content");
    return added.getBoolean("special") || text.startsWith("<|") && text.endsWith("|>");
  }

  /** What it counts as in a text; the file's own number is only what its writer thought. */
  private long idOf(JsonObject added) {
    var ids = encode(added.getString("content"));
    return ids.length == 1 ? ids[0] : added.getLong("id");
  }

  /**
   * @throws SpaceRefused if the file is no tokenizer
   * @throws IllegalStateException if the native library cannot be unpacked or loaded
   */
  static Tokenizer load(Path json) {
    STAY_HOME.forEach((key, value) -> System.getProperties().putIfAbsent(key, value));
    var file = String.valueOf(json.getFileName());
    try {
      var text = Files.readAllBytes(json);
      JsonNode.parse(() -> file, new String(text, UTF_8));
      var added = new JsonObject(Buffer.buffer(text)).getJsonArray("added_tokens");
      var tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(text),
              Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
      return new Tokenizer(file, tokenizer, added == null ? new JsonArray() : added);
    } catch (EngineException e) {
      // Not the file's fault: the library tells so before it looks at the file.
      throw new IllegalStateException(
          "the native tokenizer cannot be loaded; DJL_CACHE_DIR must name a writable folder", e);
    } catch (SpaceRefused refused) {
      throw refused;
    } catch (IOException | RuntimeException e) {
      throw refused(file, "cannot be loaded", e);
    }
  }

  private static SpaceRefused refused(String file, String found, Exception why) {
    return new SpaceRefused(
        file,
        found + " (" + why.getMessage() + ")",
        "a tokenizer in the format of Hugging Face tokenizers");
  }

  /** The ids of the tokens that it adds to its vocabulary as special, or that look so. */
  Set<Long> specials() {
    return specials;
  }

  /**
   * @throws SpaceRefused if the file could be loaded, but has no tokens for this text
   */
  long[] encode(String text) {
    if (text.isEmpty()) {
      return new long[0];
    }
    try {
      return tokenizer.encode(text, false, false).getIds();
    } catch (RuntimeException e) {
      throw refused(file, "cannot encode a text", e);
    }
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
