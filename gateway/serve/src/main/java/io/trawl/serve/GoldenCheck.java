package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.SearchRequest;
import io.trawl.space.Golden;
import io.trawl.space.GoldenRequest;
import io.trawl.space.Space;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Optional;

/**
 * Sends a space's golden requests down the way of every request: prompt, worker, exact engine. What
 * comes back must be what the trainer saw, or this gateway and this worker do not serve the same
 * space.
 */
public final class GoldenCheck {

  private final Space space;
  private final ServingSpace serving;
  private final Backbone backbone;
  private final SearchDriver driver;
  private final ReadinessOptions options;

  public GoldenCheck(
      Vertx vertx,
      Space space,
      ServingSpace serving,
      Backbone backbone,
      ComputePool pool,
      ReadinessOptions options,
      Ticker ticker) {
    this.space = space;
    this.serving = serving;
    this.backbone = backbone;
    this.driver = new SearchDriver(vertx, pool, ticker);
    this.options = options;
  }

  /** What keeps the worker from being this space's backbone; empty when nothing does. */
  public Future<Optional<String>> checkModel(Deadline deadline) {
    return backbone.disagreement(deadline);
  }

  /** What is wrong with one golden request's query vectors and top items; empty when nothing is. */
  public Future<Optional<String>> check(GoldenRequest golden, Deadline deadline) {
    return encode(golden, deadline)
        .compose(
            encoded ->
                switch (encoded) {
                  case EncodeOutcome.Encoded(var queries, _, _, _, _) -> {
                    var wrong = vectors(golden, queries);
                    yield wrong.isPresent()
                        ? Future.succeededFuture(wrong)
                        : top(golden, queries, deadline);
                  }
                  case EncodeOutcome other -> Future.succeededFuture(notEncoded(golden, other));
                });
  }

  /** The same without the search: cheap enough to repeat. */
  Future<Optional<String>> checkVectors(GoldenRequest golden, Deadline deadline) {
    return encode(golden, deadline)
        .map(
            encoded ->
                encoded instanceof EncodeOutcome.Encoded(var queries, _, _, _, _)
                    ? vectors(golden, queries)
                    : notEncoded(golden, encoded));
  }

  private Future<EncodeOutcome> encode(GoldenRequest golden, Deadline deadline) {
    var request =
        new EncodeRequest(
            "golden-" + golden.line(), golden.objective(), golden.user(), golden.now());
    return backbone.encode(request, deadline, new Cancellation());
  }

  private static Optional<String> notEncoded(GoldenRequest golden, EncodeOutcome outcome) {
    return Optional.of(
        switch (outcome) {
          case EncodeOutcome.Encoded _ -> throw new IllegalArgumentException("it was encoded");
          case EncodeOutcome.Overloaded(var why) -> name(golden) + ": the worker is full: " + why;
          case EncodeOutcome.Expired _ -> name(golden) + ": the backbone took too long";
          case EncodeOutcome.Cancelled _ -> name(golden) + ": cancelled";
          case EncodeOutcome.Failed(var why) -> name(golden) + ": " + why;
        });
  }

  private Optional<String> vectors(GoldenRequest golden, QueryVectors queries) {
    return named(
        golden,
        Golden.compareQueryVectors(
            golden.queryVectors(), queries, (float) options.vectorTolerance()));
  }

  private Future<Optional<String>> top(
      GoldenRequest golden, QueryVectors queries, Deadline deadline) {
    var search =
        serving
            .exact(Measure.PRODUCT)
            .start(
                new SearchRequest(
                    queries,
                    Math.max(1, golden.topOrdinals().length),
                    ItemSet.all(space.catalogue().count()),
                    0,
                    ExploreSettings.forCatalogue(serving.items())));
    var job =
        new SearchTask.Job(search, false, serving.neighbours(), deadline, new Cancellation(), null);
    return driver
        .run(job, driver.alone())
        .map(SearchRun::result)
        .map(
            found ->
                found.finished()
                    ? named(
                        golden, Golden.compareTop(golden, found, (float) options.scoreTolerance()))
                    : Optional.of(name(golden) + ": the search took too long"));
  }

  private static Optional<String> named(GoldenRequest golden, Optional<String> wrong) {
    return wrong.map(why -> name(golden) + ": " + why);
  }

  private static String name(GoldenRequest golden) {
    return "golden request %d (%s)".formatted(golden.line(), golden.objective().name());
  }
}
