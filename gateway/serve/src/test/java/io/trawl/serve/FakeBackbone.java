package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.retrieval.QueryVectors;
import io.trawl.serve.source.Backbone;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.EncodeRequest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A backbone that ends each call as the test says. */
public final class FakeBackbone implements Backbone {

  public final List<EncodeRequest> asked = new CopyOnWriteArrayList<>();
  final List<String> cancelled = new ArrayList<>();
  public Optional<String> disagreement = Optional.empty();

  /** What the next calls throw, where it is set. */
  public volatile Optional<Throwable> breaks = Optional.empty();

  private volatile Future<EncodeOutcome> next =
      Future.succeededFuture(new EncodeOutcome.Failed("unset"));

  public void gives(QueryVectors queries) {
    ends(new EncodeOutcome.Encoded(queries, 1, 0, 10, 20));
  }

  public void ends(EncodeOutcome outcome) {
    next = Future.succeededFuture(outcome);
  }

  /** The next calls stay open until the returned promise is completed. */
  public Promise<EncodeOutcome> hangs() {
    Promise<EncodeOutcome> open = Promise.promise();
    next = open.future();
    return open;
  }

  @Override
  public Future<EncodeOutcome> encode(
      EncodeRequest request, Deadline deadline, Cancellation cancellation) {
    breaks.ifPresent(FakeBackbone::raise);
    asked.add(request);
    cancellation.onCancel(() -> cancelled.add(request.objective().name()));
    return next;
  }

  /** Throws it as it is. */
  public static void raise(Throwable thrown) {
    if (thrown instanceof RuntimeException bug) {
      throw bug;
    }
    throw (Error) thrown;
  }

  @Override
  public Future<Optional<String>> disagreement(Deadline deadline) {
    return Future.succeededFuture(disagreement);
  }
}
