package io.trawl.api;

import io.trawl.api.RequestChecker.Checked;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.domain.Deadline;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Ticker;
import io.trawl.serve.Cancellation;
import io.trawl.serve.Retriever;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of the API, the same for both protocols: check, set the deadline, ask the retriever,
 * look the outcome up. Futures complete on the caller's context and never fail.
 */
final class RetrievalCalls {

  private static final Logger LOG = LoggerFactory.getLogger(RetrievalCalls.class);

  private final Vertx vertx;
  private final Retriever retriever;
  private final RequestChecker checker;
  private final ApiLimits limits;
  private final Ticker ticker;

  RetrievalCalls(Vertx vertx, Retriever retriever, ApiLimits limits, Ticker ticker) {
    this.vertx = vertx;
    this.retriever = retriever;
    this.checker = new RequestChecker(limits);
    this.limits = limits;
    this.ticker = ticker;
  }

  Future<Reply> retrieve(RetrieveRequest message, Caller caller) {
    return switch (checker.check(message, caller.requestId())) {
      case Checked.Wrong(var violations) ->
          Future.succeededFuture(Reply.Refusal.invalid(caller.requestId(), violations));
      case Checked.Right(var request, var budget) -> {
        var deadline = deadline(caller, budget);
        yield deadline.passed(ticker)
            ? Future.succeededFuture(
                StatusTable.reply(request.id(), new RetrievalOutcome.Expired("decode")))
            : ask(request, deadline, caller.cancellation())
                .map(outcome -> StatusTable.reply(request.id(), outcome));
      }
    };
  }

  Future<Reply> listObjectives(ListObjectivesRequest message, Caller caller) {
    return Future.succeededFuture(
        new Reply.Answer(
            caller.requestId(), Answers.objectives(retriever.space(), retriever.objectives())));
  }

  Future<Reply> getItem(GetItemRequest message, Caller caller) {
    var violation = checker.itemId(message.getId());
    if (violation != null) {
      return Future.succeededFuture(Reply.Refusal.invalid(caller.requestId(), List.of(violation)));
    }
    return Future.succeededFuture(
        retriever
            .item(message.getId())
            .<Reply>map(
                item -> new Reply.Answer(caller.requestId(), Answers.item(retriever.space(), item)))
            .orElseGet(
                () ->
                    Reply.Refusal.of(
                        caller.requestId(),
                        Ending.UNKNOWN_ITEM,
                        "id is "
                            + Violations.quote(message.getId())
                            + "; expected an item of space "
                            + retriever.space())));
  }

  private Deadline deadline(Caller caller, Duration budget) {
    long nanos = Math.min(budget.toNanos(), caller.timeoutNanos());
    return new Deadline(caller.arrivedNanos() + nanos);
  }

  /**
   * Asks the retriever, and holds it to its promises: an answer by the deadline (with some grace
   * for the last step), and no failure.
   */
  private Future<RetrievalOutcome> ask(
      RetrievalRequest request, Deadline deadline, Cancellation cancellation) {
    Promise<RetrievalOutcome> answer = Promise.promise();
    var latest = deadline.left(ticker).plus(limits.deadlineGrace());
    long timer =
        vertx.setTimer(
            Math.max(1, latest.toMillis()),
            _ -> {
              if (answer.tryComplete(new RetrievalOutcome.Expired("answer"))) {
                LOG.warn("request={} got no answer by its deadline", request.id());
                cancellation.cancel();
              }
            });
    Future.<RetrievalOutcome>future(
            promise -> retriever.retrieve(request, deadline, cancellation).onComplete(promise))
        .onComplete(
            ended -> {
              vertx.cancelTimer(timer);
              if (ended.failed()) {
                LOG.error("request={} failed", request.id(), ended.cause());
              }
              answer.tryComplete(
                  ended.succeeded() ? ended.result() : new RetrievalOutcome.Failed());
            });
    return answer.future();
  }

  /**
   * Who asks, as far as both protocols know it.
   *
   * @param requestId from the head of the request, or made for it
   * @param arrivedNanos when the head arrived, by the ticker
   * @param timeoutNanos what the head allows, Long.MAX_VALUE where it says nothing
   * @param cancellation fired when the caller leaves
   */
  record Caller(
      String requestId, long arrivedNanos, long timeoutNanos, Cancellation cancellation) {}
}
