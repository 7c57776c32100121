package io.trawl.milvus.neighbours;

import io.trawl.serve.SourceFailed;
import java.io.Serial;

/** What the future of a call to Milvus fails with. Carries no stack. */
public final class MilvusFailed extends SourceFailed {
  @Serial private static final long serialVersionUID = 1L;

  private final transient MilvusFailure failure;

  public MilvusFailed(MilvusFailure failure) {
    super(failure.text());
    this.failure = failure;
  }

  public MilvusFailure failure() {
    return failure;
  }
}
