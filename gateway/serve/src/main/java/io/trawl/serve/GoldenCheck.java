package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
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
    var expected = golden.queryVectors().values();
    var actual = queries.values();
    for (var i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - actual[i]) <= options.vectorTolerance())) {
        return Optional.of(
            "%s: query vector %d has %s at %d; expected %s within %s"
                .formatted(
                    name(golden),
                    i / queries.width(),
                    actual[i],
                    i % queries.width(),
                    expected[i],
                    options.vectorTolerance()));
      }
    }
    return Optional.empty();
  }

  private Future<Optional<String>> top(
      GoldenRequest golden, QueryVectors queries, Deadline deadline) {
    var search =
        serving
            .exact()
            .start(
                new SearchRequest(
                    queries,
                    Math.max(1, golden.topOrdinals().length),
                    ItemSet.all(space.catalogue().count()),
                    0,
                    ExploreSettings.defaults()));
    return driver
        .run(search, serving.neighbours(), deadline, new Cancellation())
        .map(found -> top(golden, found));
  }

  private Optional<String> top(GoldenRequest golden, SearchResult found) {
    var expected = golden.topOrdinals();
    if (!found.finished() || found.ordinals().length != expected.length) {
      return Optional.of(
          "%s: the search gave %d items; expected %d"
              .formatted(name(golden), found.ordinals().length, expected.length));
    }
    for (var rank = 0; rank < expected.length; rank++) {
      var score = golden.topScores()[rank];
      var near = Math.abs(found.scores()[rank] - score) <= options.scoreTolerance();
      var same =
          found.ordinals()[rank] == expected[rank] || tied(golden, found.ordinals()[rank], score);
      if (!near || !same) {
        return Optional.of(
            "%s: rank %d is %s with score %s; expected %s with %s"
                .formatted(
                    name(golden),
                    rank + 1,
                    space.catalogue().id(found.ordinals()[rank]),
                    found.scores()[rank],
                    space.catalogue().id(expected[rank]),
                    score));
      }
    }
    return Optional.empty();
  }

  /** Whether the golden list holds this item at a score so close that the two may swap. */
  private boolean tied(GoldenRequest golden, int ordinal, float score) {
    for (var i = 0; i < golden.topOrdinals().length; i++) {
      if (golden.topOrdinals()[i] == ordinal) {
        return Math.abs(golden.topScores()[i] - score) <= options.scoreTolerance();
      }
    }
    // The list's last place may be shared with an item just behind its end.
    var last = golden.topScores()[golden.topScores().length - 1];
    return Math.abs(last - score) <= options.scoreTolerance();
  }

  private static String name(GoldenRequest golden) {
    return "golden request %d (%s)".formatted(golden.line(), golden.objective().name());
  }
}
