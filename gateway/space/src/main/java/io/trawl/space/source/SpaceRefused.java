package io.trawl.space.source;

import java.util.Objects;

/** A space that must not be served, with one sentence that says why. */
public final class SpaceRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What disagrees, for counting and for tests. */
  public enum Code {
    /** {@code manifest.json} is no JSON, lacks a key, has an unknown one or a wrong value. */
    MANIFEST,
    /** The space is written in another version of the format. */
    FORMAT_VERSION,
    /** The versions of the space and of its backbone differ. */
    VERSION,
    /** An objective's template or use of text is wrong. */
    OBJECTIVE,
    /** The prompt grammar does not fit the tokenizer or the accepted lengths. */
    PROMPT,
    /** A path of {@code files} leaves the space, or a file is reached over a symbolic link. */
    FILE_PATH,
    /** A file is missing, is not listed or cannot be read. */
    FILE_MISSING,
    /** A file has another size than the manifest says. */
    FILE_SIZE,
    /** A file has another SHA-256 than the manifest says. */
    FILE_CHECKSUM,
    /** An array's header is broken, or its element type or shape is not the manifest's. */
    SHAPE,
    /** An array holds a number that is not finite. */
    NOT_FINITE,
    /** An entry of the neighbour table is no ordinal. */
    NEIGHBOURS,
    /** A line of {@code items.tsv} is wrong, or their number is. */
    ITEMS,
    /** Two items have the same id. */
    DUPLICATE_ITEM,
    /** An item's attributes are no JSON object, or not of the names and types of the manifest. */
    ATTRIBUTES,
    /** A line of {@code golden.jsonl} is wrong, or an objective has none. */
    GOLDEN,
    /** A line of {@code users.jsonl} is wrong. */
    USERS
  }

  private final Code code;
  private final String file;

  /**
   * @param file path within the space, with a line or an offset where there is one
   * @param found what is there
   * @param expected what should be there
   */
  public SpaceRefused(Code code, String file, String found, String expected) {
    super(file + ": " + found + "; expected " + expected);
    this.code = Objects.requireNonNull(code, "code");
    this.file = file;
  }

  /** The sentence. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  public Code code() {
    return code;
  }

  /** The file that is wrong, as in the message. */
  public String file() {
    return file;
  }
}
