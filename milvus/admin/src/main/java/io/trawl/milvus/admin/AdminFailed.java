package io.trawl.milvus.admin;

import java.io.Serial;

/** What was asked of Milvus was not done; the message says why in a sentence. */
public final class AdminFailed extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public AdminFailed(String message) {
    super(message);
  }
}
