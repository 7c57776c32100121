package io.trawl.space;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A byte-level BPE without merges: every special token has an id, and so has every byte. Plain
 * enough to know by hand what any text becomes.
 */
public final class TinyTokenizer {

  /** The special tokens; the index is the id. */
  public static final List<String> SPECIAL =
      List.of(
          "<|pad|>",
          "<|item|>",
          "<|user|>",
          "<|history|>",
          "<|objective|>",
          "<|click|>",
          "<|day|>",
          "<|week|>",
          "<|older|>");

  private TinyTokenizer() {}

  /** The id of a byte. */
  public static long idOf(byte value) {
    return SPECIAL.size() + (value & 0xff);
  }

  /** Encodes text in which special tokens count. */
  public static List<Long> encode(String text) {
    var ids = new ArrayList<Long>();
    var rest = text;
    while (!rest.isEmpty()) {
      var special = SPECIAL.stream().filter(rest::startsWith).findFirst();
      if (special.isPresent()) {
        ids.add((long) SPECIAL.indexOf(special.get()));
        rest = rest.substring(special.get().length());
      } else {
        var character = rest.substring(0, Character.charCount(rest.codePointAt(0)));
        for (var b : character.getBytes(StandardCharsets.UTF_8)) {
          ids.add(idOf(b));
        }
        rest = rest.substring(character.length());
      }
    }
    return ids;
  }

  /** The same in the format of Hugging Face tokenizers. */
  public static String json() {
    var added = new JsonArray();
    var vocabulary = new JsonObject();
    for (var id = 0; id < SPECIAL.size(); id++) {
      vocabulary.put(SPECIAL.get(id), id);
      added.add(
          new JsonObject()
              .put("id", id)
              .put("content", SPECIAL.get(id))
              .put("single_word", false)
              .put("lstrip", false)
              .put("rstrip", false)
              .put("normalized", false)
              .put("special", true));
    }
    var beyond = 256;
    for (var b = 0; b < 256; b++) {
      var printable = b > ' ' && b <= '~' || b >= 0xA1 && b != 0xAD;
      vocabulary.put(Character.toString(printable ? b : beyond++), SPECIAL.size() + b);
    }
    var byteLevel =
        new JsonObject()
            .put("type", "ByteLevel")
            .put("add_prefix_space", false)
            .put("trim_offsets", true)
            .put("use_regex", true);
    return new JsonObject()
        .put("version", "1.0")
        .putNull("truncation")
        .putNull("padding")
        .put("added_tokens", added)
        .putNull("normalizer")
        .put("pre_tokenizer", byteLevel)
        .putNull("post_processor")
        .put("decoder", byteLevel)
        .put(
            "model",
            new JsonObject()
                .put("type", "BPE")
                .putNull("dropout")
                .putNull("unk_token")
                .putNull("continuing_subword_prefix")
                .putNull("end_of_word_suffix")
                .put("fuse_unk", false)
                .put("byte_fallback", false)
                .put("ignore_merges", false)
                .put("vocab", vocabulary)
                .put("merges", new JsonArray()))
        .encode();
  }
}
