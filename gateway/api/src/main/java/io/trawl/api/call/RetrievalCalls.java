package io.trawl.api.call;

import io.trawl.api.check.ApiLimits;
import io.trawl.api.check.Checked;
import io.trawl.api.check.RequestChecker;
import io.trawl.api.check.RequestChecker.Batch;
import io.trawl.api.check.Violations;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveUpdate;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.domain.Deadline;
import io.trawl.domain.Item;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SearchQuery.By;
import io.trawl.domain.Ticker;
import io.trawl.serve.OfSpace;
import io.trawl.serve.Retriever;
import io.trawl.serve.Retriever.Asked;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.SourceFailed;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of the API, the same for both protocols: check, set the deadline, ask the retriever,
 * look the outcome up. Futures complete on the caller's context and never fail.
 */
public final class RetrievalCalls {

  private static final Logger LOG = LoggerFactory.getLogger(RetrievalCalls.class);

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  /** To write that many items takes about as long as to find them. */
  private static final int ITEMS_OF_A_SEARCH = 1000;

  /** How much longer an explained item is than one that is not. */
  private static final int WORDS_OF_AN_EXPLANATION = 4;

  private final Vertx vertx;
  private final Retriever retriever;
  private final RequestChecker checker;
  private final ApiLimits limits;
  private final Ticker ticker;
  private final ApiMetrics metrics;
  private final Admission admission;

  public RetrievalCalls(Edge edge, Retriever retriever, Ticker ticker) {
    this.vertx = edge.vertx();
    this.retriever = retriever;
    this.checker = new RequestChecker(edge.limits());
    this.limits = edge.limits();
    this.ticker = ticker;
    this.metrics = edge.metrics();
    this.admission = edge.admission();
  }

  public Future<CallReply> retrieve(RetrieveRequest message, Caller caller) {
    return retrieve(
        checker.check(message, caller.requestId()),
        caller,
        (request, deadline) -> retriever.retrieve(request, deadline, caller.cancellation()));
  }

  /**
   * The answer is an update too.
   *
   * @param updates told each list so far under its objective's place among those asked, since two
   *     may have one name; never after the returned future has completed
   */
  Future<CallReply> retrieveStream(RetrieveRequest message, Caller caller, Updates updates) {
    ObjIntConsumer<ObjectiveRetrieval> rounds =
        (list, objective) -> {
          if (finite(list)) {
            updates.offer(
                message.getRequestId().isEmpty() ? caller.requestId() : message.getRequestId(),
                objective,
                Answers.update(list, objective));
          }
        };
    return retrieve(
            checker.check(message, caller.requestId()),
            caller,
            (request, deadline) ->
                retriever.retrieve(request, deadline, caller.cancellation(), rounds))
        .map(
            reply ->
                reply instanceof CallReply.Answer(var id, var answer)
                    ? new CallReply.Answer(id, Answers.lastUpdate(answer))
                    : reply);
  }

  private Future<CallReply> retrieve(
      Checked<RetrievalRequest> checked, Caller caller, Asking<RetrievalRequest> asking) {
    return switch (checked) {
      case Checked.Wrong<RetrievalRequest>(var id, var violations) ->
          Future.succeededFuture(CallReply.Refusal.invalid(id, violations));
      case Checked.Right<RetrievalRequest>(var request, var budget) -> {
        var deadline = deadline(caller, budget);
        var asked =
            new Asked(
                request.engine(), request.objectives().size(), 0, texts(request), request.filter());
        var cost = cost(asked, request.k(), request.explain());
        yield ask(
                request.id(),
                cost,
                caller.source(),
                deadline,
                caller.cancellation(),
                () -> asking.ask(request, deadline))
            .map(outcome -> StatusTable.reply(request.id(), outcome));
      }
    };
  }

  private static int texts(RetrievalRequest request) {
    return (int) request.objectives().stream().filter(one -> one.text() != null).count();
  }

  Future<CallReply> retrieveBatch(RetrieveBatchRequest message, Caller caller) {
    return switch (checker.check(message, caller.requestId())) {
      case Checked.Wrong<Batch>(var id, var violations) ->
          Future.succeededFuture(CallReply.Refusal.invalid(id, violations));
      case Checked.Right<Batch>(var batch, var longest) -> answer(batch, longest, caller);
    };
  }

  private Future<CallReply> answer(Batch asked, Duration longest, Caller caller) {
    var batch = retriever.batch(deadline(caller, longest));
    var count = asked.requests().size();
    List<Future<CallReply>> replies = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      // What ends one request ends no other; what ends the call ends them all.
      var own = new Cancellation();
      var registration = caller.cancellation().onCancel(own::cancel);
      var member = caller.member(asked.idOf(i), own);
      replies.add(
          retrieve(
                  asked.requests().get(i),
                  member,
                  (request, deadline) -> batch.retrieve(request, deadline, own))
              .onComplete(_ -> registration.close()));
    }
    return Future.all(replies)
        .onComplete(_ -> batch.close())
        .map(
            _ -> {
              var ended = replies.stream().map(Future::result).toList();
              ended.forEach(reply -> metrics.batchResult(reply.ending()));
              return new CallReply.Answer(
                  asked.id(),
                  Answers.batch(
                      asked.id(), ended, batch.neighboursAsked(), batch.neighboursFetched()));
            });
  }

  Future<CallReply> similar(SimilarRequest message, Caller caller) {
    return search(checker.check(message, caller.requestId()), caller);
  }

  Future<CallReply> search(SearchRequest message, Caller caller) {
    return search(checker.check(message, caller.requestId()), caller);
  }

  private Future<CallReply> search(Checked<SearchQuery> checked, Caller caller) {
    return switch (checked) {
      case Checked.Wrong<SearchQuery>(var id, var violations) ->
          Future.succeededFuture(CallReply.Refusal.invalid(id, violations));
      case Checked.Right<SearchQuery>(var query, var budget) -> {
        var asked = new Asked(query.engine(), 1, queryVectors(query.by()), query.filter());
        var deadline = deadline(caller, budget);
        yield ask(
                query.id(),
                cost(asked, query.k(), query.explain()),
                caller.source(),
                deadline,
                caller.cancellation(),
                () -> retriever.search(query, deadline, caller.cancellation()))
            .map(outcome -> StatusTable.searchReply(query.id(), outcome));
      }
    };
  }

  Future<CallReply> listObjectives(Caller caller) {
    var objectives = retriever.objectives();
    return Future.succeededFuture(
        new CallReply.Answer(
            caller.requestId(), Answers.objectives(objectives.space(), objectives.value())));
  }

  Future<CallReply> getItem(GetItemRequest message, Caller caller) {
    var violations = checker.check(message);
    if (!violations.isEmpty()) {
      return Future.succeededFuture(CallReply.Refusal.invalid(caller.requestId(), violations));
    }
    OfSpace<Optional<Item>> found;
    try {
      found = retriever.item(message.getId());
    } catch (SourceFailed failed) {
      return Future.succeededFuture(
          CallReply.Refusal.of(caller.requestId(), CallEnding.SEARCH_FAILED, failed.why()));
    }
    return Future.succeededFuture(
        found
            .value()
            .<CallReply>map(
                item -> new CallReply.Answer(caller.requestId(), Answers.item(found.space(), item)))
            .orElseGet(
                () ->
                    CallReply.Refusal.of(
                        caller.requestId(),
                        CallEnding.UNKNOWN_ITEM,
                        "id is "
                            + Violations.quote(message.getId())
                            + "; expected an item of space "
                            + found.space())));
  }

  private static int queryVectors(By by) {
    return switch (by) {
      case By.Vectors(var vectors) -> vectors.size();
      case By.Likeness(var items, var unlike, _) -> items.size() + unlike.size();
    };
  }

  private Deadline deadline(Caller caller, Duration budget) {
    long nanos = Math.min(budget.toNanos(), caller.timeoutNanos());
    return new Deadline(caller.arrivedNanos() + nanos);
  }

  /**
   * What a request costs in usual searches: what is scored for each of its lists, and what is
   * written of them.
   */
  private double cost(Asked asked, int k, boolean explain) {
    var written = (double) k / ITEMS_OF_A_SEARCH * (explain ? WORDS_OF_AN_EXPLANATION : 1);
    return retriever.cost(asked) + Math.max(1, asked.lists()) * written;
  }

  /**
   * Asks the retriever where there is room for the work, and holds it to its promises: an answer by
   * the deadline (with some grace for the last step), and no failure.
   */
  private Future<RetrievalOutcome> ask(
      String requestId,
      double cost,
      String source,
      Deadline deadline,
      Cancellation cancellation,
      Supplier<Future<RetrievalOutcome>> asking) {
    if (deadline.passed(ticker)) {
      return Future.succeededFuture(new RetrievalOutcome.Expired("decode"));
    }
    var place = admission.enter(cost, source);
    if (place.isEmpty()) {
      return Future.succeededFuture(new RetrievalOutcome.Shed(Admission.FULL, RETRY_AFTER));
    }
    Promise<RetrievalOutcome> answer = Promise.promise();
    var latest = deadline.later(limits.deadlines().deadlineGrace());
    long timer =
        vertx.setTimer(
            Math.max(1, latest.left(ticker).toMillis()),
            _ -> {
              if (answer.tryComplete(new RetrievalOutcome.Expired("answer"))) {
                LOG.warn("request={} got no answer by its deadline", requestId);
                cancellation.cancel();
              }
            });
    Future.<RetrievalOutcome>future(promise -> asking.get().onComplete(promise))
        .onComplete(
            ended -> {
              place.get().close();
              vertx.cancelTimer(timer);
              if (ended.failed()) {
                LOG.error("request={} failed", requestId, ended.cause());
              }
              answer.tryComplete(
                  ended.succeeded()
                      ? inTime(latest, finite(requestId, ended.result()))
                      : new RetrievalOutcome.Failed());
            });
    return answer.future();
  }

  /** An answer that nobody waits for any more is not written. */
  private RetrievalOutcome inTime(Deadline latest, RetrievalOutcome outcome) {
    return outcome instanceof RetrievalOutcome.Answered && latest.passed(ticker)
        ? new RetrievalOutcome.Expired("answer")
        : outcome;
  }

  /**
   * What no JSON number holds would be an answer that its caller cannot read. Callers cannot bring
   * it about: the vectors of the space, or of its backbone, are not what they should be.
   */
  private static RetrievalOutcome finite(String requestId, RetrievalOutcome outcome) {
    if (outcome instanceof RetrievalOutcome.Answered(var retrieval) && !finite(retrieval)) {
      LOG.error("request={} failed: scores beyond single precision", requestId);
      return new RetrievalOutcome.SearchFailed("scores are beyond single precision");
    }
    return outcome;
  }

  private static boolean finite(Retrieval retrieval) {
    var merged = retrieval.merged();
    return retrieval.lists().stream().allMatch(RetrievalCalls::finite)
        && (merged == null
            || merged.items().stream().allMatch(item -> Float.isFinite((float) item.score())));
  }

  private static boolean finite(ObjectiveRetrieval list) {
    return list.items().stream().allMatch(item -> Float.isFinite(item.score()));
  }

  /** Asks the retriever once everything is settled. */
  @FunctionalInterface
  private interface Asking<R> {
    Future<RetrievalOutcome> ask(R request, Deadline deadline);
  }

  /** Where the updates of a stream go. */
  @FunctionalInterface
  interface Updates {

    /**
     * @param key updates of one key replace each other while the reader is slow
     */
    void offer(String requestId, int key, RetrieveUpdate update);
  }

  /**
   * Who asks, as far as both protocols know it.
   *
   * @param source where from: an address
   * @param requestId from the head of the request, or made for it
   * @param arrivedNanos when the head arrived, by the ticker
   * @param timeoutNanos what the head allows, Long.MAX_VALUE where it says nothing
   * @param cancellation fired when the caller leaves
   */
  public record Caller(
      String source,
      String requestId,
      long arrivedNanos,
      long timeoutNanos,
      Cancellation cancellation) {

    /** One of the requests that this caller's batch holds. */
    Caller member(String id, Cancellation own) {
      return new Caller(source, id, arrivedNanos, timeoutNanos, own);
    }
  }
}
