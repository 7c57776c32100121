package io.trawl.api.call;

import com.google.protobuf.Message;
import io.trawl.api.call.RetrievalCalls.Caller;
import io.trawl.api.check.RequestIds;
import io.trawl.api.check.Violations;
import io.trawl.api.codec.Decoded;
import io.trawl.domain.Violation;
import io.trawl.serve.search.SearchDriver;
import io.trawl.serve.source.Cancellation;
import io.trawl.workers.wire.ContentCoding;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request of one caller: its message arrives within the bounds of size and time, and it ends
 * exactly once, by an answer or by the caller's leaving. Everything happens on the request's own
 * context, so no field needs a lock. The protocols say how an answer is written.
 */
public abstract class CallExchange {

  private static final Logger LOG = LoggerFactory.getLogger(CallExchange.class);

  private static final long NO_TIMER = -1;

  protected final Edge edge;
  private final HttpConnection connection;
  private final String protocol;
  private final Context context;
  private final InFlight admission;
  private final Cancellation cancellation = new Cancellation();

  private String requestId = "";
  private long bodyTimer = NO_TIMER;
  private MemoryBudget.@Nullable Share unpacked;
  private boolean ended;

  /** Updates of a stream that its reader has no room for: the newest of each key. */
  private final LinkedHashMap<Integer, Message> waiting = new LinkedHashMap<>();

  public CallExchange(Edge edge, String protocol, HttpConnection connection) {
    this.edge = edge;
    this.protocol = protocol;
    this.connection = connection;
    this.context = edge.vertx().getOrCreateContext();
    this.admission = InFlight.of(edge, protocol, connection);
  }

  /** Writes the reply; called once. */
  protected abstract Written write(CallReply reply);

  /** The answer is a stream; what is refused before its first update is refused as ever. */
  protected abstract void stream();

  /** Whether an update can be written now. */
  protected abstract boolean writable();

  /** Writes one update of a stream. */
  protected abstract void writeUpdate(String requestId, Message update);

  /** Ends a connection or stream whose message does not stop arriving. */
  protected abstract void cutOff();

  /**
   * Takes the request's id from the head of the request, or makes one. Where the one given is not
   * fit, the request is refused.
   */
  protected final void identify(@Nullable String given) {
    if (given == null || RequestIds.valid(given)) {
      requestId = given == null ? edge.ids().get() : given;
      return;
    }
    requestId = edge.ids().get();
    refuseInvalid(RequestIds.HEADER, RequestIds.whyInvalid(given));
  }

  /** Whether there is room for the request; otherwise it has been refused, before it is read. */
  public final boolean admitted() {
    if (!ended && edge.metrics().inFlight() >= edge.options().maxInFlight()) {
      shedInFlight();
    } else if (!ended && PortWatch.spent(connection)) {
      shed("the memory for requests in flight is taken");
    }
    return !ended;
  }

  /** The same for a request that asks for work; what is only looked up is answered all the same. */
  public final boolean admittedToWork() {
    if (!ended && edge.admission().full(source())) {
      shed(Admission.FULL);
    }
    return !ended;
  }

  public final void method(String name) {
    admission.call().method(name);
  }

  public final Caller caller(long timeoutNanos) {
    return new Caller(
        source(), requestId, admission.call().beganNanos(), timeoutNanos, cancellation);
  }

  private String source() {
    return PortWatch.caller(connection);
  }

  protected final String requestId() {
    return requestId;
  }

  /** A packed message's bytes, or null where there are none and the request has been refused. */
  protected final byte @Nullable [] unpacked(ContentCoding coding, byte[] packed) {
    return switch (coding.unpack(packed, edge.limits().messages().maxBodyBytes())) {
      case ContentCoding.Unpacked.Whole(var bytes) -> roomFor(bytes) ? bytes : null;
      case ContentCoding.Unpacked.TooLarge() -> {
        refuseTooLarge();
        yield null;
      }
      case ContentCoding.Unpacked.Broken(_) -> {
        refuseInvalid("", "is not valid " + coding.label());
        yield null;
      }
    };
  }

  private boolean roomFor(byte[] bytes) {
    var share = PortWatch.share(connection, this::drop);
    unpacked = share;
    if (share.take(bytes.length)) {
      return true;
    }
    shed("the memory for requests in flight is taken");
    return false;
  }

  /** Whether an answer has been given or the caller has left. */
  public final boolean ended() {
    return ended;
  }

  protected final void awaitBody() {
    bodyTimer =
        edge.vertx()
            .setTimer(
                edge.options().timeouts().bodyTimeout().toMillis(),
                _ -> {
                  bodyTimer = NO_TIMER;
                  refuse(
                      CallEnding.TOO_SLOW,
                      "expected the whole request within "
                          + edge.options().timeouts().bodyTimeout().toMillis()
                          + " ms");
                  cutOff();
                });
  }

  protected final void bodyArrived(long bytes) {
    stopWaiting();
    admission.call().received(bytes);
    if (!ended) {
      admission.call().takePlace();
      if (edge.metrics().inFlight() > edge.options().maxInFlight()) {
        shedInFlight();
      }
    }
  }

  private void shedInFlight() {
    shed("expected at most " + edge.options().maxInFlight() + " requests in flight");
  }

  private void stopWaiting() {
    if (bodyTimer != NO_TIMER) {
      edge.vertx().cancelTimer(bodyTimer);
      bodyTimer = NO_TIMER;
    }
  }

  /** Runs one of the calls and answers with its reply. */
  public final void answerWith(Supplier<Future<CallReply>> call) {
    admission.call().takePlace();
    guard(() -> call.get().onSuccess(this::answer).onFailure(this::fail));
  }

  /**
   * Reads a message, a large one beside the event loop, and goes on with it unless the caller has
   * left meanwhile.
   *
   * @param bytes how large it is, unpacked
   * @param reading reads, on whatever thread, and gives what is to be done then
   */
  public final void read(int bytes, Supplier<Runnable> reading) {
    guard(
        () ->
            edge.reading()
                .read(bytes, source(), reading)
                .ifPresentOrElse(
                    begun ->
                        begun
                            .onSuccess(
                                then -> {
                                  if (!ended) {
                                    guard(then);
                                  }
                                })
                            .onFailure(this::notRead),
                    () -> shed(Admission.FULL)));
  }

  private void notRead(Throwable cause) {
    if (cause instanceof SearchDriver.NoRoom) {
      shed(Admission.FULL);
    } else {
      fail(cause);
    }
  }

  /** Answers a message that could not be read, or goes on with one that could. */
  public final <M extends Message> void readable(
      Decoded<M> decoded, Function<M, Future<CallReply>> then) {
    switch (decoded) {
      case Decoded.Legible<M>(var message) -> answerWith(() -> then.apply(message));
      case Decoded.Illegible<M>(var violations) ->
          answer(CallReply.Refusal.invalid(requestId, violations));
    }
  }

  /** A step that throws, an error too, ends the request as failed: nobody waits for nothing. */
  public final void guard(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error broken) {
      fail(broken);
    }
  }

  /**
   * Sends an update of a stream. While the reader is slower, the newest of each key waits and older
   * ones are counted as superseded.
   */
  final void offer(String requestIdOfUpdates, int key, Message update) {
    if (ended) {
      return;
    }
    requestId = requestIdOfUpdates;
    if (waiting.put(key, update) != null) {
      edge.metrics().superseded();
    }
    writeWaiting();
  }

  /** To be called when there is room again. */
  protected final void writeWaiting() {
    while (!ended && !waiting.isEmpty() && writable()) {
      var next = waiting.pollFirstEntry();
      guard(() -> writeUpdate(requestId, next.getValue()));
    }
  }

  /** The answer has what they had, or nobody reads any more. */
  private void dropWaiting() {
    waiting.values().forEach(_ -> edge.metrics().superseded());
    waiting.clear();
  }

  public final void refuse(CallEnding ending, String detail) {
    answer(CallReply.Refusal.of(requestId, ending, detail));
  }

  public final void refuseInvalid(String field, String why) {
    answer(CallReply.Refusal.invalid(requestId, List.of(new Violation(field, why))));
  }

  protected final void refuseTooLarge() {
    refuse(
        CallEnding.TOO_LARGE,
        "the message is larger than " + edge.limits().messages().maxBodyBytes() + " bytes");
  }

  private void shed(String why) {
    answer(CallReply.Refusal.shed(requestId, why, Duration.ofSeconds(1)));
  }

  final void fail(Throwable cause) {
    LOG.error("request={} protocol={} failed", requestId, protocol, cause);
    refuse(CallEnding.FAILED, "the gateway's log has more under this request's id");
  }

  protected final void answer(CallReply reply) {
    int violations = reply instanceof CallReply.Refusal refusal ? refusal.violations().size() : 0;
    finish(
        reply.ending(),
        violations,
        () -> {
          log(reply);
          return write(reply);
        });
  }

  /** Ends the request by what is written, unless it has ended before. */
  protected final void finish(CallEnding ending, int violations, Supplier<Written> writing) {
    if (Vertx.currentContext() != context) {
      context.runOnContext(_ -> finish(ending, violations, writing));
      return;
    }
    if (ended) {
      return;
    }
    ended = true;
    giveBack();
    Written written;
    try {
      written = writing.get();
    } catch (RuntimeException | Error lost) {
      admission.end(
          isGone(lost) ? ending : CallEnding.FAILED, violations, 0, Future.succeededFuture());
      if (!isGone(lost)) {
        LOG.error("request={} protocol={} could not be answered", requestId, protocol, lost);
        cutOff();
      }
      return;
    }
    PortWatch.answering(connection, written.bytes(), written.done(), this::drop);
    admission.end(ending, violations, written.bytes(), written.done());
  }

  private void drop() {
    context.runOnContext(_ -> cutOff());
  }

  /** What only a request that goes on has use for. */
  private void giveBack() {
    dropWaiting();
    if (unpacked != null) {
      unpacked.close();
    }
  }

  /**
   * Whether Vert.x says that the stream closed between the caller's leaving and our notice of it;
   * where the connection went with it, it stumbles over a promise that is not there.
   */
  private static boolean isGone(Throwable lost) {
    var stack = lost.getStackTrace();
    return (lost instanceof IllegalStateException || lost instanceof NullPointerException)
        && stack.length > 0
        && !stack[0].getClassName().startsWith("io.trawl.");
  }

  /** The caller has left: nobody waits for the work any more. */
  protected final void gone() {
    if (Vertx.currentContext() != context) {
      context.runOnContext(_ -> gone());
      return;
    }
    stopWaiting();
    if (ended) {
      return;
    }
    ended = true;
    giveBack();
    LOG.debug("request={} protocol={} outcome=cancelled", requestId, protocol);
    try {
      cancellation.cancel();
    } finally {
      admission.end(CallEnding.CANCELLED, 0, 0, Future.succeededFuture());
    }
  }

  private void log(CallReply reply) {
    switch (reply.ending()) {
      case SHED, FAILED, ENCODE_FAILED, SEARCH_FAILED, EXPIRED ->
          LOG.info(
              "request={} protocol={} outcome={}{}",
              reply.requestId(),
              protocol,
              reply.ending().label(),
              reply instanceof CallReply.Refusal refusal
                  ? " detail=" + Violations.quote(refusal.detail(), 200)
                  : "");
      default ->
          LOG.debug(
              "request={} protocol={} outcome={}",
              reply.requestId(),
              protocol,
              reply.ending().label());
    }
  }

  /** An answer on its way: complete when it is on the wire or lost. */
  public record Written(Future<Void> done, long bytes) {}
}
