package io.trawl.workers.fleet.fake;

import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.InferHandle;
import io.trawl.workers.client.InferOutcome;
import io.trawl.workers.client.ModelMetadata;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.Reply;
import io.trawl.workers.client.ServerMetadata;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.testkit.service.HandClock;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** A client of whichever fake worker is at an address, by its clock and without a wire. */
final class FakeClient implements OipClient {

  private final Endpoint endpoint;
  private final HandClock clock;
  private final Supplier<Optional<FakeWorker>> there;
  private final Set<FakeCall<?>> underWay = new LinkedHashSet<>();
  private boolean closed;

  FakeClient(Endpoint endpoint, HandClock clock, Supplier<Optional<FakeWorker>> there) {
    this.endpoint = endpoint;
    this.clock = clock;
    this.there = there;
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public InferHandle infer(InferCall call, Duration budget) {
    return new Handle(
        this.<InferOutcome>send(
            budget, failure -> failure, (worker, sent) -> worker.infer(call, sent)));
  }

  private record Handle(FakeCall<InferOutcome> sent) implements InferHandle {

    @Override
    public Future<InferOutcome> outcome() {
      return sent.outcome();
    }

    @Override
    public void cancel() {
      sent.leave(new Failure.Cancelled("taken back"));
    }
  }

  @Override
  public Future<Reply<Boolean>> serverLive(Duration budget) {
    return ask(budget, FakeWorker::live);
  }

  @Override
  public Future<Reply<Boolean>> serverReady(Duration budget) {
    return ask(budget, FakeWorker::ready);
  }

  @Override
  public Future<Reply<Boolean>> modelReady(String model, String version, Duration budget) {
    return ask(budget, worker -> worker.ready(model, version));
  }

  @Override
  public Future<Reply<ServerMetadata>> serverMetadata(Duration budget) {
    return ask(budget, _ -> answer(new ServerMetadata("triton", "fake", List.of("statistics"))));
  }

  @Override
  public Future<Reply<ModelMetadata>> modelMetadata(String model, String version, Duration budget) {
    return ask(budget, worker -> worker.metadata(model, version));
  }

  @Override
  public Future<Reply<ModelConfig>> modelConfig(String model, String version, Duration budget) {
    return ask(budget, worker -> worker.config(model, version));
  }

  @Override
  public Future<Void> close() {
    closed = true;
    List.copyOf(underWay).forEach(call -> call.leave(new Failure.Unreachable("client is closed")));
    return Future.succeededFuture();
  }

  static <T> Reply<T> answer(T value) {
    return new Reply.Answer<>(value);
  }

  private <T> Future<Reply<T>> ask(Duration budget, Function<FakeWorker, Reply<T>> question) {
    return this.<Reply<T>>send(
            budget, Reply.NoAnswer::new, (worker, sent) -> sent.end(question.apply(worker)))
        .outcome();
  }

  private <T> FakeCall<T> send(
      Duration budget, Function<Failure, T> failed, BiConsumer<FakeWorker, FakeCall<T>> question) {
    long nanos = budget.toNanos();
    var call = new FakeCall<T>(clock.nanos() + nanos, failed);
    if (closed) {
      call.fail(new Failure.Unreachable("client is closed"));
    } else if (nanos <= 0) {
      call.fail(new Failure.DeadlineExceeded("budget spent before the call left"));
    } else {
      underWay.add(call);
      call.isIn(underWay);
      call.alarm(
          clock.after(
              nanos, () -> call.leave(new Failure.DeadlineExceeded("budget spent on the way"))));
      there
          .get()
          .ifPresentOrElse(
              worker -> worker.hear(call, () -> question.accept(worker, call)),
              () -> call.fail(new Failure.Unreachable("connection refused: " + endpoint)));
    }
    return call;
  }
}
