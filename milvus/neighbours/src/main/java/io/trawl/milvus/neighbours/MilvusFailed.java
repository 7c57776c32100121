package io.trawl.milvus.neighbours;

import java.io.Serial;

/** What the future of a call to Milvus fails with. Carries no stack. */
public final class MilvusFailed extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient MilvusFailure failure;

  public MilvusFailed(MilvusFailure failure) {
    super(failure.text(), null, false, false);
    this.failure = failure;
  }

  public MilvusFailure failure() {
    return failure;
  }
}
