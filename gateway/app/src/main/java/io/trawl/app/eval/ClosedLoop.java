package io.trawl.app.eval;

import io.trawl.app.client.RequestFailed;
import io.trawl.app.client.RetrievalClient;
import io.trawl.app.terminal.Progress;
import io.trawl.domain.Leg;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Ticker;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends the cases of one objective, a bounded number at a time: an answer makes room for the next
 * request. Stops early where the gateway has evidently gone away.
 */
final class ClosedLoop {

  /** Failures in a row after which the rest is not sent. */
  static final int HOPELESS = 64;

  private final RetrievalClient client;
  private final Tally tally;
  private final EvalOptions options;
  private final int k;
  private final @Nullable Leg leg;
  private final Ticker ticker;
  private final Progress progress;

  // Written on the loop's own context only.
  private int next;
  private int inFlight;
  private int failedInARow;
  private boolean filling;

  /**
   * @param leg the one that is to make the lists; null for all that the objective has
   */
  ClosedLoop(
      RetrievalClient client,
      Tally tally,
      EvalOptions options,
      int k,
      @Nullable Leg leg,
      Ticker ticker,
      Progress progress) {
    this.client = client;
    this.tally = tally;
    this.options = options;
    this.k = k;
    this.leg = leg;
    this.ticker = ticker;
    this.progress = progress;
  }

  /** Completes when every case was answered, has failed, or was given up. */
  Future<Void> run(Vertx vertx, String objective, List<EvalCase> cases) {
    var over = Promise.<Void>promise();
    var task =
        progress.begin(
            leg == null ? objective : "%s, %s alone".formatted(objective, leg.label()),
            cases.size());
    var context = vertx.getOrCreateContext();
    context.runOnContext(_ -> fill(context, cases, task, over));
    return over.future().onComplete(_ -> task.close());
  }

  private void fill(Context context, List<EvalCase> cases, Progress.Task task, Promise<Void> over) {
    if (filling) {
      return;
    }
    filling = true;
    while (inFlight < options.inFlight() && next < cases.size() && failedInARow < HOPELESS) {
      var aCase = cases.get(next++);
      inFlight++;
      var startNanos = ticker.nanos();
      client
          .retrieve(request(aCase), options.deadline())
          .onComplete(
              answer ->
                  context.runOnContext(
                      _ -> {
                        inFlight--;
                        count(aCase, answer, ticker.nanos() - startNanos);
                        task.advance(1, tally.note());
                        fill(context, cases, task, over);
                      }));
    }
    filling = false;
    if (inFlight == 0) {
      tally.unsent(cases.size() - next);
      over.tryComplete();
    }
  }

  private void count(EvalCase aCase, AsyncResult<Retrieval> answer, long nanos) {
    try {
      if (answer.failed()) {
        throw new RequestFailed(String.valueOf(answer.cause().getMessage()), answer.cause());
      }
      tally.answered(aCase, answer.result(), k, nanos);
      failedInARow = 0;
    } catch (RequestFailed failed) {
      tally.failed(String.valueOf(failed.getMessage()));
      failedInARow++;
    }
  }

  private RetrievalRequest request(EvalCase aCase) {
    var user = aCase.user();
    return new RetrievalRequest(
        "eval-%s-%d".formatted(aCase.objective(), next),
        user.user(),
        List.of(new ObjectiveRequest(aCase.objective(), aCase.text(), 1, 0, leg)),
        k,
        new RetrievalRequest.ItemChoice(null, Set.of(), true),
        user.now(),
        options.engine(),
        RetrievalRequest.Answering.PLAIN);
  }
}
