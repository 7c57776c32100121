package io.trawl.milvus.neighbours;

import io.trawl.serve.source.SourceFailed;
import java.io.Serial;

/** What the future of a call to Milvus fails with. Carries no stack. */
public final class MilvusCallFailed extends SourceFailed {
  @Serial private static final long serialVersionUID = 1L;

  private final transient MilvusFailure failure;

  public MilvusCallFailed(MilvusFailure failure) {
    super(failure.outside(), failure.text());
    this.failure = failure;
  }

  public MilvusFailure failure() {
    return failure;
  }
}
