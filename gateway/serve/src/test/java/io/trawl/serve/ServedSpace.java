package io.trawl.serve;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.retrieval.Kernels;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.SpaceSources;
import io.trawl.serve.source.Uses;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * A space, and a pipeline that answers over it. Its backbone gives the query vectors of the first
 * golden request, until a test has it do something else.
 */
final class ServedSpace implements AutoCloseable {

  final ManualTicker ticker = new ManualTicker();
  final FakeBackbone backbone = new FakeBackbone();
  final Uses uses = new Uses();
  final Space space;
  final RetrievalPipeline pipeline;

  private final Vertx vertx = Vertx.vertx();
  private final ComputePool pool = new ComputePool(2, 64);

  /** The space in a folder, searched with its own files alone. */
  ServedSpace(Path directory) {
    this(directory, SpaceSources.none());
  }

  ServedSpace(Path directory, SpaceSources sources) {
    space = Space.open(directory, Verification.CHECKSUMS);
    pipeline =
        new RetrievalPipeline(
            SearchableSpace.of(space, Kernels.plain(), sources),
            backbone,
            TestParts.of(vertx, pool, ticker),
            uses);
    assertTrue(uses.begin().isPresent());
    backbone.gives(space.goldenRequests().getFirst().queryVectors());
  }

  /** For these objectives, or for the next item where there are none. */
  Asking asking(ObjectiveRequest... objectives) {
    var asking = new Asking(ticker);
    return objectives.length == 0 ? asking : asking.objectives(objectives);
  }

  Future<RetrievalOutcome> begun(Asking asking, Cancellation caller) {
    return pipeline.retrieve(asking.build(), asking.deadline(), caller);
  }

  RetrievalOutcome ended(Asking asking) {
    return done(begun(asking, new Cancellation()));
  }

  Retrieval retrieve(Asking asking) {
    return answered(begun(asking, new Cancellation()));
  }

  /** The one list of the answer. */
  ObjectiveRetrieval list(Asking asking) {
    return only(retrieve(asking));
  }

  static Retrieval answered(Future<RetrievalOutcome> running) {
    return assertInstanceOf(RetrievalOutcome.Answered.class, done(running)).retrieval();
  }

  static RetrievalOutcome done(Future<RetrievalOutcome> running) {
    try {
      return running.await(10, SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  static ObjectiveRetrieval only(Retrieval retrieval) {
    assertEquals(1, retrieval.lists().size());
    return retrieval.lists().getFirst();
  }

  static List<String> ids(ObjectiveRetrieval list) {
    return list.items().stream().map(RankedItem::id).toList();
  }

  static List<Integer> ordinals(ObjectiveRetrieval list) {
    return list.items().stream().map(RankedItem::id).map(TinySpace::ordinal).toList();
  }

  @Override
  public void close() throws TimeoutException {
    pool.close();
    vertx.close().await(10, SECONDS);
    space.close();
  }
}
