package io.trawl.serve.source;

import java.io.Serial;

/**
 * A source outside this process gave no neighbours or no hits, or the space itself can no longer be
 * read. The message says why, in a sentence that callers may read. Carries no stack.
 */
public class SourceFailed extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public SourceFailed(String why) {
    super(why, null, false, false);
  }
}
