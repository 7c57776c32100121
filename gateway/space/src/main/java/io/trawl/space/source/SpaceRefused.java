package io.trawl.space.source;

import java.util.Objects;

/** A space that must not be served, with one sentence that says why. */
public final class SpaceRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param file path within the space, with a line or an offset where there is one
   * @param found what is there
   * @param expected what should be there
   */
  public SpaceRefused(String file, String found, String expected) {
    super(file + ": " + found + "; expected " + expected);
  }

  /** The sentence. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
