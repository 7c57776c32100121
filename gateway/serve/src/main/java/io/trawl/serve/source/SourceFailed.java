package io.trawl.serve.source;

import java.io.Serial;

/**
 * A source outside this process gave no neighbours or no hits, or the space itself can no longer be
 * read. It says why twice: for callers, who may see nothing of the inside, and, as its message, for
 * the log and for operators. Carries no stack.
 */
public class SourceFailed extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final String why;

  public SourceFailed(String why) {
    this(why, why);
  }

  /**
   * @param why in a sentence of ours that names no address and quotes nobody
   * @param inside the same with all that is known
   */
  public SourceFailed(String why, String inside) {
    super(inside, null, false, false);
    this.why = why;
  }

  /** What callers may read. */
  public String why() {
    return why;
  }
}
