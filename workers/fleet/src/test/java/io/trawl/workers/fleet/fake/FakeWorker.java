package io.trawl.workers.fleet.fake;

import static java.util.Objects.requireNonNull;

import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.InferOutcome;
import io.trawl.workers.client.Inferred;
import io.trawl.workers.client.ModelMetadata;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.client.Parameter;
import io.trawl.workers.client.Reply;
import io.trawl.workers.client.Tensor;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelStatistics;
import io.trawl.workers.testkit.Rejection;
import io.trawl.workers.testkit.service.Ended;
import io.trawl.workers.testkit.service.HandClock;
import io.trawl.workers.testkit.service.Prompts;
import io.trawl.workers.testkit.service.Runner;
import io.trawl.workers.testkit.service.ServiceModel;
import io.trawl.workers.testkit.service.ServiceOptions;
import io.trawl.workers.testkit.service.ServiceStats;
import io.trawl.workers.testkit.service.ServiceTime;
import io.trawl.workers.testkit.service.Work;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A worker without a socket, in the time of a {@link HandClock}. {@link #connect} gives a client of
 * it, to which it does what a real one does to a real client; every bad habit is switched on and
 * off while calls run, and holds for what comes from then on.
 */
public final class FakeWorker {

  /** What it says when it is asked whether it is ready. */
  public enum Says {
    THE_TRUTH,
    READY,
    NOT_READY
  }

  private final Endpoint endpoint;
  private final long seed;
  private final HandClock clock;
  private final Map<String, ServiceModel> models = new LinkedHashMap<>();
  private final Set<FakeCall<?>> underWay = new LinkedHashSet<>();
  private final LinkedHashMap<FakeCall<?>, Runnable> unheard = new LinkedHashMap<>();
  private Function<InferCall, List<Tensor>> answer = _ -> List.of();
  private String version = "1";
  private long calls;
  private boolean gone;
  private boolean hanging;
  private @Nullable Rejection draining;

  // Habits.
  private double slowness;
  private boolean late;
  private boolean oversized;
  private Says says;
  private @Nullable Failure failure;
  private @Nullable String wrongVersion;
  private int resetEvery;

  /**
   * One that serves nothing yet.
   *
   * @param seed for what it draws
   */
  public FakeWorker(Endpoint endpoint, long seed, HandClock clock) {
    this.endpoint = endpoint;
    this.seed = seed;
    this.clock = clock;
    behave();
  }

  /** Serves a model, whose runs take this time. */
  public FakeWorker serve(String model, ServiceOptions options, ServiceTime time) {
    ServiceTime slowed = batch -> (long) (time.nanos(batch) * slowness);
    models.put(model, new ServiceModel(options, Runner.timed(slowed, clock), clock, clock, clock));
    return this;
  }

  /** Of which version its models are; 1 unless told. */
  public FakeWorker ofVersion(String value) {
    version = value;
    return this;
  }

  /** What a run gives; no outputs unless told. */
  public FakeWorker answering(Function<InferCall, List<Tensor>> value) {
    answer = value;
    return this;
  }

  /** A client, as if over a connection of its own. */
  public OipClient connect() {
    return new FakeClient(endpoint, clock, () -> Optional.of(this));
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  public long seed() {
    return seed;
  }

  /** Inferences that it has heard of, refused ones among them. */
  public long calls() {
    return calls;
  }

  /** Calls and questions that it has not answered. */
  public int underWay() {
    return underWay.size();
  }

  public ServiceStats stats(String model) {
    return model(model).stats();
  }

  /** What the call ModelStatistics says of a model. */
  public ModelStatistics statistics(String model) {
    return stats(model).describe(model, version);
  }

  private ServiceModel model(String name) {
    return requireNonNull(models.get(name), name);
  }

  // Habits

  /** Gives every habit up. Who hangs or drains goes on doing so. */
  public void behave() {
    slowness = 1;
    late = false;
    oversized = false;
    says = Says.THE_TRUTH;
    failure = null;
    wrongVersion = null;
    resetEvery = 0;
  }

  /** Runs take so many times as long. */
  public void slow(double factor) {
    slowness = factor;
  }

  /** Every ending of a call comes just after its deadline. */
  public void answerLate() {
    late = true;
  }

  /** Answers are larger than a client takes. */
  public void answerTooMuch() {
    oversized = true;
  }

  /** What it says of its readiness, whatever the truth. */
  public void say(Says value) {
    says = value;
  }

  /** Every call fails at once, with this. */
  public void fail(Failure with) {
    failure = with;
  }

  /** Answers come from another version than was asked. */
  public void answerAsVersion(String wrong) {
    wrongVersion = wrong;
  }

  /** The stream of each call whose number this divides is reset. */
  public void resetEvery(int calls) {
    resetEvery = calls;
  }

  /** Stands still as after SIGSTOP: it takes what comes and says nothing at all. */
  public void hang() {
    hanging = true;
    models.values().forEach(ServiceModel::pause);
  }

  /** Goes on where it stood still; whoever has left by then was never heard. */
  public void resume() {
    models.values().forEach(ServiceModel::resume);
    // Still hanging: what follows from one comes behind the others.
    for (var next = unheard.pollFirstEntry(); next != null; next = unheard.pollFirstEntry()) {
      next.getValue().run();
    }
    hanging = false;
  }

  /** Its connections break, with all that is under way on them; new ones are taken. */
  public void breakConnections() {
    List.copyOf(underWay)
        .forEach(call -> call.leave(new Failure.Unreachable("connection was closed")));
  }

  /** The process is gone, and whoever connects is refused. */
  public void kill() {
    gone = true;
    breakConnections();
  }

  /**
   * Ends as Triton does after SIGTERM: what it has it finishes, what is new it refuses in this way,
   * and when nothing is left the process is gone. Complete when it is.
   */
  public Future<Void> drain(Rejection how) {
    draining = how;
    return Future.join(models.values().stream().map(ServiceModel::stop).toList())
        .onSuccess(_ -> kill())
        .mapEmpty();
  }

  // What its clients ask

  void hear(FakeCall<?> call, Runnable question) {
    if (gone) {
      call.fail(new Failure.Unreachable("connection refused: " + endpoint));
      return;
    }
    underWay.add(call);
    call.isIn(underWay);
    if (hanging) {
      unheard.put(call, question);
      call.isIn(unheard.keySet());
    } else {
      question.run();
    }
  }

  void infer(InferCall call, FakeCall<InferOutcome> sent) {
    calls++;
    Failure refused = refusal(call);
    if (refused != null) {
      tell(sent, refused);
      return;
    }
    sent.takenBackBy(
        model(call.model()).submit(work(call), ended -> tell(sent, outcome(call, ended)))
            ::takeBack);
  }

  private @Nullable Failure refusal(InferCall call) {
    if (resetEvery > 0 && calls % resetEvery == 0) {
      return new Failure.Failed(GrpcStatus.INTERNAL, "stream reset with HTTP/2 code 2");
    }
    if (failure != null) {
      return failure;
    }
    if (!serves(call.model(), call.version())) {
      return notFound(call.model());
    }
    int most = model(call.model()).options().maxRows();
    return rows(call) > most
        ? new Failure.InvalidRequest(
            "inference request batch-size must be <= %d for '%s'".formatted(most, call.model()))
        : null;
  }

  private InferOutcome outcome(InferCall call, Ended ended) {
    return switch (ended) {
      case RAN -> answer(call);
      case QUEUE_FULL -> new Failure.QueueFull(Rejection.QUEUE_FULL.words(call.model()));
      case QUEUE_TIMEOUT -> new Failure.QueueTimeout(Rejection.QUEUE_TIMEOUT.words(call.model()));
      case STOPPING ->
          new Failure.Stopping(
              (draining == null ? Rejection.STOPPING : draining).words(call.model()));
    };
  }

  private InferOutcome answer(InferCall call) {
    if (oversized) {
      return new Failure.TooLarge("the answer is larger than the client takes");
    }
    String from = wrongVersion == null ? version : wrongVersion;
    return call.version().isEmpty() || call.version().equals(from)
        ? new Inferred(call.model(), from, call.id(), answer.apply(call), Map.of())
        : new Failure.Malformed(
            "answer of version '%s' (expected '%s')".formatted(from, call.version()));
  }

  private void tell(FakeCall<InferOutcome> sent, InferOutcome outcome) {
    if (late) {
      clock.after(sent.deadlineNanos() + 1 - clock.nanos(), () -> sent.end(outcome));
    } else {
      sent.end(outcome);
    }
  }

  private static Work work(InferCall call) {
    List<Object> shapes = new ArrayList<>();
    for (Tensor input : call.inputs()) {
      long[] shape = input.shape();
      shapes.add(
          shape.length == 0 ? 0 : Arrays.hashCode(Arrays.copyOfRange(shape, 1, shape.length)));
    }
    long timeoutMicros =
        call.parameters().get("timeout") instanceof Parameter.Whole(long micros) ? micros : 0;
    return new Work(
        rows(call),
        shapes,
        () -> Prompts.of(rows(call), name -> raw(call, name)),
        TimeUnit.MICROSECONDS.toNanos(Math.max(0, timeoutMicros)));
  }

  private static int rows(InferCall call) {
    long[] shape = call.inputs().getFirst().shape();
    return shape.length == 0 ? 1 : (int) Math.max(1, shape[0]);
  }

  private static ByteBuffer raw(InferCall call, String input) {
    for (Tensor tensor : call.inputs()) {
      if (tensor.name().equals(input)) {
        HeapBytes bytes = HeapBytes.of(tensor.raw());
        return ByteBuffer.wrap(bytes.array(), bytes.offset(), bytes.length());
      }
    }
    return ByteBuffer.allocate(0);
  }

  Reply<Boolean> live() {
    return draining == null ? FakeClient.answer(true) : stopping("Server exiting");
  }

  Reply<Boolean> ready() {
    return draining == null
        ? FakeClient.answer(says != Says.NOT_READY)
        : stopping("Server exiting");
  }

  Reply<Boolean> ready(String model, String ofVersion) {
    if (draining != null) {
      return stopping("Server not ready");
    }
    return FakeClient.answer(
        switch (says) {
          case READY -> true;
          case NOT_READY -> false;
          case THE_TRUTH -> serves(model, ofVersion);
        });
  }

  Reply<ModelMetadata> metadata(String model, String ofVersion) {
    if (draining != null) {
      return stopping("Server not ready");
    }
    return serves(model, ofVersion)
        ? FakeClient.answer(
            new ModelMetadata(model, List.of(version), "fake", List.of(), List.of()))
        : new Reply.NoAnswer<>(notFound(model));
  }

  Reply<ModelConfig> config(String model, String ofVersion) {
    return serves(model, ofVersion)
        ? FakeClient.answer(
            ModelConfig.newBuilder()
                .setName(model)
                .setMaxBatchSize(model(model).options().maxRows())
                .build())
        : new Reply.NoAnswer<>(notFound(model));
  }

  private boolean serves(String model, String ofVersion) {
    return models.containsKey(model) && (ofVersion.isEmpty() || ofVersion.equals(version));
  }

  private static Failure notFound(String model) {
    return new Failure.NotFound("Request for unknown model: '%s' is not found".formatted(model));
  }

  private static <T> Reply<T> stopping(String words) {
    return new Reply.NoAnswer<>(new Failure.Stopping(words));
  }

  @Override
  public String toString() {
    return endpoint.toString();
  }
}
