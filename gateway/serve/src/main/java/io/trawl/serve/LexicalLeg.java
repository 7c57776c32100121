package io.trawl.serve;

import io.trawl.domain.Degradation;
import io.trawl.retrieval.ItemSet;
import io.trawl.serve.ListFinder.Scope;
import io.trawl.serve.search.SearchDriver;
import io.trawl.serve.source.LexicalSource;
import io.trawl.serve.source.LexicalSource.Found;
import io.trawl.space.MemoryFault;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the words of a request's text while the backbone is asked: on the compute pool, until
 * the time at which every search of the request ends. What fails or takes too long is done without.
 */
final class LexicalLeg {

  /** As deep as lists are fused, so that the first few do not depend on how many are asked. */
  static final int DEPTH = 1000;

  private final LexicalSource source;
  private final SearchDriver driver;
  private final SearchOptions options;

  LexicalLeg(LexicalSource source, SearchDriver driver, SearchOptions options) {
    this.source = source;
    this.driver = driver;
    this.options = options;
  }

  /**
   * What there is of it.
   *
   * @param missing why there is nothing; null where the search was made
   */
  record Part(Found found, @Nullable Degradation missing) {}

  /** Fails only with what nothing may be answered after. */
  Future<Part> find(String objective, String text, int k, ItemSet eligible, Scope scope) {
    var timeline = scope.timeline();
    var deadline = scope.deadline().earlier(options.answerReserve());
    var from = timeline.now();
    return driver
        .compute(
            () ->
                source.find(
                    text,
                    depth(k),
                    eligible,
                    () -> scope.cancellation().cancelled() || driver.passed(deadline)))
        .eventually(
            () -> {
              timeline.piece("lexical", objective, from, timeline.now());
              return Future.succeededFuture();
            })
        .map(found -> new Part(found, null))
        .recover(
            failure ->
                failure instanceof Error || MemoryFault.isIn(failure)
                    ? Future.failedFuture(failure)
                    : Future.succeededFuture(
                        new Part(Found.NOTHING, Labels.withoutLexical(failure))));
  }

  /** How many items of each leg make the best k. */
  static int depth(int k) {
    return Math.max(k, DEPTH);
  }
}
