package io.trawl.serve.space;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
import io.trawl.serve.Measure;
import io.trawl.serve.ReadinessOptions;
import io.trawl.serve.SearchableSpace;
import io.trawl.serve.SharedParts;
import io.trawl.serve.search.SearchDriver;
import io.trawl.serve.search.SearchRun;
import io.trawl.serve.search.SearchTask;
import io.trawl.serve.source.Backbone;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.Counterpart;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.EncodeRequest;
import io.trawl.serve.source.SourceFailed;
import io.trawl.serve.source.Uses;
import io.trawl.space.Golden;
import io.trawl.space.GoldenItems;
import io.trawl.space.GoldenRequest;
import io.trawl.space.Space;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Sends a space's golden requests down the way of every request: prompt, worker, exact engine. What
 * comes back must be what the trainer saw, or this gateway and this worker do not serve the same
 * space. A gateway that holds no item vectors fetches those of the golden items and scores these.
 * It asks of the space as it was written: all of its items, whatever requests may leave out.
 */
public final class GoldenCheck {

  private final Space space;
  private final SearchableSpace serving;
  private final GoldenItems items;
  private final Backbone backbone;
  private final List<Counterpart> others;
  private final SearchDriver driver;
  private final ReadinessOptions options;
  private final Ticker ticker;
  private final Uses uses;

  /**
   * @param uses of the space: each check is one
   */
  public GoldenCheck(
      Space space,
      SearchableSpace serving,
      Backbone backbone,
      List<Counterpart> others,
      SharedParts parts,
      Uses uses) {
    this.space = space;
    this.serving = serving;
    this.items = GoldenItems.of(space);
    this.backbone = backbone;
    this.others = List.copyOf(others);
    this.driver = new SearchDriver(parts.vertx(), parts.pool(), parts.ticker());
    this.options = parts.readiness();
    this.ticker = parts.ticker();
    this.uses = uses;
  }

  /**
   * Everything at once: the model, what else the space is served with, then every golden request,
   * one after the other.
   *
   * @return the first thing that is wrong; empty when nothing is
   */
  Future<Optional<String>> all() {
    var sofar = checkModel(deadline());
    for (var other : others) {
      sofar = unlessWrong(sofar, () -> uses.until(() -> other.disagreement(deadline())));
    }
    for (var golden : space.goldenRequests()) {
      sofar =
          unlessWrong(sofar, () -> check(golden, deadline()).map(found -> found.map(Finding::why)));
    }
    return sofar;
  }

  private static Future<Optional<String>> unlessWrong(
      Future<Optional<String>> sofar, Supplier<Future<Optional<String>>> next) {
    return sofar.compose(wrong -> wrong.isPresent() ? Future.succeededFuture(wrong) : next.get());
  }

  /** By when a check that begins now is to be over. */
  Deadline deadline() {
    return Deadline.after(options.timeout(), ticker);
  }

  /** What keeps the worker from being this space's backbone; empty when nothing does. */
  public Future<Optional<String>> checkModel(Deadline deadline) {
    return backbone.disagreement(deadline);
  }

  /**
   * What is wrong with one golden request's query vectors, top items, and what the catalogue says
   * of these; empty when nothing is.
   */
  public Future<Optional<Finding>> check(GoldenRequest golden, Deadline deadline) {
    return uses.until(
        () ->
            encode(golden, deadline)
                .compose(
                    encoded ->
                        switch (encoded) {
                          case EncodeOutcome.Encoded(var queries, _, _, _, _) ->
                              compare(golden, queries, deadline)
                                  .map(wrong -> wrong.map(Finding::new));
                          case EncodeOutcome other ->
                              Future.succeededFuture(Optional.of(notEncoded(golden, other)));
                        }));
  }

  private Future<Optional<String>> compare(
      GoldenRequest golden, QueryVectors queries, Deadline deadline) {
    var wrong = vectors(golden, queries);
    return wrong.isPresent() ? Future.succeededFuture(wrong) : top(golden, queries, deadline);
  }

  /**
   * What a golden request met that is not as it should be.
   *
   * @param why for a person
   * @param full the worker had no room for it: it is there, and nothing else is known
   */
  public record Finding(String why, boolean full) {
    Finding(String why) {
      this(why, false);
    }
  }

  private Future<EncodeOutcome> encode(GoldenRequest golden, Deadline deadline) {
    var request =
        new EncodeRequest(
            "golden-" + golden.line(), golden.objective(), golden.user(), golden.now());
    return backbone.encode(request, deadline, new Cancellation());
  }

  private static Finding notEncoded(GoldenRequest golden, EncodeOutcome outcome) {
    var why =
        switch (outcome) {
          case EncodeOutcome.Encoded _ -> throw new IllegalArgumentException("it was encoded");
          case EncodeOutcome.Overloaded(var full) -> "the worker is full: " + full;
          case EncodeOutcome.Expired _ -> "the backbone took too long";
          case EncodeOutcome.Cancelled _ -> "cancelled";
          case EncodeOutcome.Failed(_, var inside) -> inside;
        };
    return new Finding(name(golden) + ": " + why, outcome instanceof EncodeOutcome.Overloaded);
  }

  private Optional<String> vectors(GoldenRequest golden, QueryVectors queries) {
    return named(
        golden,
        Golden.compareQueryVectors(
            golden.queryVectors(), queries, (float) options.vectorTolerance()));
  }

  private Future<Optional<String>> top(
      GoldenRequest golden, QueryVectors queries, Deadline deadline) {
    var top =
        switch (serving) {
          case SearchableSpace.Held held ->
              scan(
                  golden,
                  queries,
                  held.exact(Measure.PRODUCT),
                  ItemSet.all(held.items()),
                  deadline);
          case SearchableSpace.Fetched fetched -> scanFetched(golden, queries, fetched, deadline);
        };
    return top.map(
            found ->
                found.finished()
                    ? named(
                        golden,
                        Golden.compareTop(golden, found, (float) options.scoreTolerance())
                            .or(() -> items.disagreement(golden)))
                    : Optional.of(name(golden) + ": the search took too long"))
        .recover(
            failure ->
                failure instanceof SourceFailed
                    ? Future.succeededFuture(
                        Optional.of(name(golden) + ": " + failure.getMessage()))
                    : Future.failedFuture(failure));
  }

  private Future<SearchResult> scan(
      GoldenRequest golden, QueryVectors queries, Engine exact, ItemSet items, Deadline deadline) {
    var request =
        new SearchRequest(
            queries,
            Math.max(1, golden.top().ordinals().length),
            items,
            0,
            ExploreSettings.forCatalogue(serving.items()));
    var job =
        new SearchTask.Job(
            () -> exact.start(request),
            false,
            need -> Future.failedFuture("a scan asks for nothing, and not for " + need),
            deadline,
            new Cancellation(),
            null);
    return driver.run(job, driver.apart()).map(SearchRun::result);
  }

  /** Who holds no item vectors can still see that those of the top items give their scores. */
  private Future<SearchResult> scanFetched(
      GoldenRequest golden,
      QueryVectors queries,
      SearchableSpace.Fetched fetched,
      Deadline deadline) {
    var ordinals = golden.top().ordinals();
    return fetched
        .vectors()
        .vectors(ordinals, deadline, new Cancellation())
        .compose(
            rows -> scan(golden, queries, fetched.over(rows), ItemSet.all(rows.count()), deadline))
        .map(
            found ->
                new SearchResult(
                    IntStream.of(found.ordinals()).map(row -> ordinals[row]).toArray(),
                    found.scores(),
                    found.rounds(),
                    found.itemsScored(),
                    found.bytesRead(),
                    found.finished()));
  }

  private static Optional<String> named(GoldenRequest golden, Optional<String> wrong) {
    return wrong.map(why -> name(golden) + ": " + why);
  }

  /** What a person knows a golden request by. */
  static String name(GoldenRequest golden) {
    return "golden request %d (%s)".formatted(golden.line(), golden.objective().name());
  }
}
