package io.trawl.bench.load;

import com.google.protobuf.InvalidProtocolBufferException;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.domain.Ticker;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One run of a scenario against a gateway. */
final class LoadRun {

  private static final long LAST_ANSWERS_NANOS = 15_000_000_000L;
  private static final int GRPC_HEAD = 5;

  /** What a gateway may say to a good request when there is more than it can do. */
  private static final Set<String> REFUSALS =
      Set.of("429", "503", "504", "grpc 4", "grpc 8", "grpc 14");

  private final Scenario scenario;
  private final Source source;
  private final Gaps gaps;
  private final Ticker ticker;
  private final Vertx vertx;
  private final List<Wire> wires;
  private final @Nullable Lines recording;
  private final @Nullable Lines results;
  private final Tally counted;
  private final Tally warmUp;
  private final Map<String, Tally.Series> stages = new ConcurrentHashMap<>();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger asking = new AtomicInteger();
  private long beginNanos;
  private long countFromNanos;
  private volatile boolean sending = true;
  private volatile boolean told;
  private int nextWire;

  /** Where a run writes what it did, each null for nowhere. */
  record Files(@Nullable Lines recording, @Nullable Lines results) {}

  LoadRun(
      Vertx vertx,
      Wire.Target target,
      Scenario scenario,
      Source source,
      Gaps gaps,
      Ticker ticker,
      Files files) {
    this.vertx = vertx;
    this.scenario = scenario;
    this.source = source;
    this.gaps = gaps;
    this.ticker = ticker;
    this.recording = files.recording();
    this.results = files.results();
    this.counted = new Tally(scenario.times());
    this.warmUp = new Tally(scenario.times());
    int loops = Math.max(1, Runtime.getRuntime().availableProcessors());
    this.wires =
        IntStream.range(0, loops)
            .mapToObj(
                _ ->
                    new Wire(
                        vertx,
                        ((VertxInternal) vertx).createEventLoopContext(),
                        target,
                        scenario.room(),
                        loops,
                        scenario.stages()))
            .toList();
  }

  /** Begins; {@link #isOver} tells the end. */
  void start() {
    beginNanos = ticker.nanos();
    countFromNanos = beginNanos + scenario.times().warmUp().toNanos();
    long endNanos = countFromNanos + scenario.times().duration().toNanos();
    switch (scenario.pacing().loop()) {
      case OPEN -> Thread.ofPlatform().daemon().name("bench-pacer").start(() -> pace(endNanos));
      case CLOSED -> startCallers(endNanos);
    }
  }

  private void pace(long endNanos) {
    var loop =
        new OpenLoop(
            gaps, beginNanos, endNanos, scenario.times().deadline().toNanos(), new Launcher());
    try {
      for (long now = ticker.nanos(), next = loop.step(now);
          next != OpenLoop.OVER && !told;
          now = ticker.nanos(), next = loop.step(now)) {
        LockSupport.parkNanos(Math.max(0, next - now));
      }
    } finally {
      sending = false;
    }
  }

  private final class Launcher implements OpenLoop.Launch {
    @Override
    public boolean hasRoom() {
      return underWay.get() < scenario.room().mostInFlight();
    }

    @Override
    public void send(long intendedNanos) {
      var draft = source.next();
      if (draft != null) {
        var wire = wires.get(nextWire++ % wires.size());
        underWay.incrementAndGet();
        wire.context()
            .runOnContext(
                _ ->
                    LoadRun.this
                        .send(wire, draft, intendedNanos)
                        .onComplete(_ -> underWay.decrementAndGet()));
      }
    }

    @Override
    public void notSent(long intendedNanos) {
      var draft = source.next();
      if (draft != null) {
        tally(intendedNanos).notSent(draft.good());
      }
    }
  }

  private void startCallers(long endNanos) {
    int callers = scenario.pacing().callers();
    asking.set(callers);
    var those = new Callers();
    var loop = new ClosedLoop(ticker, endNanos, scenario.pacing().think().toNanos(), those);
    those.loop = loop;
    for (int i = 0; i < callers; i++) {
      int caller = i;
      wire(i).context().runOnContext(_ -> loop.ask(caller));
    }
  }

  private Wire wire(int caller) {
    return wires.get(caller % wires.size());
  }

  private final class Callers implements ClosedLoop.Callers {

    @SuppressWarnings("NullAway.Init") // set before the first caller asks
    private ClosedLoop loop;

    @Override
    public void ask(int caller) {
      var draft = source.next();
      if (draft == null) {
        done(caller);
        return;
      }
      send(wire(caller), draft, ticker.nanos())
          .onSuccess(ending -> loop.ended(caller, ending.answered()));
    }

    @Override
    public void rest(int caller, long nanos) {
      wire(caller)
          .context()
          .runOnContext(_ -> vertx.setTimer(Math.max(1, nanos / 1_000_000), _ -> loop.ask(caller)));
    }

    @Override
    public void done(int caller) {
      if (asking.decrementAndGet() == 0) {
        sending = false;
      }
    }
  }

  private Future<Wire.Ending> send(Wire wire, Source.Draft draft, long intendedNanos) {
    var request = draft.make();
    var tally = tally(intendedNanos);
    if (recording != null) {
      recording.line(request.line((intendedNanos - beginNanos) / 1_000));
    }
    long sentNanos = ticker.nanos();
    tally.began(request.good(), sentNanos - intendedNanos);
    return wire.send(request)
        .onSuccess(ending -> ended(tally, request, ending, intendedNanos, sentNanos));
  }

  private Tally tally(long intendedNanos) {
    return intendedNanos < countFromNanos ? warmUp : counted;
  }

  private void ended(
      Tally tally, LoadRequest request, Wire.Ending ending, long intendedNanos, long sentNanos) {
    long now = ticker.nanos();
    tally.ended(
        request,
        ending.word(),
        now - intendedNanos,
        now - sentNanos,
        accepted(request, ending.word()));
    if (tally == counted) {
      tellStages(request, ending);
      tellResult(request, ending, intendedNanos, sentNanos, now);
    }
  }

  private boolean accepted(LoadRequest request, String ending) {
    return ending.equals(request.expected())
        || (scenario.refusals() && request.good() && REFUSALS.contains(ending));
  }

  private void tellResult(
      LoadRequest request, Wire.Ending ending, long intendedNanos, long sentNanos, long now) {
    if (results != null) {
      results.line(
          new JsonObject()
              .put("at_us", (intendedNanos - beginNanos) / 1_000)
              .put("kind", request.kind())
              .put("ending", ending.word())
              .put("latency_us", (now - intendedNanos) / 1_000)
              .put("sent_after_us", (sentNanos - intendedNanos) / 1_000)
              .encode());
    }
  }

  private void tellStages(LoadRequest request, Wire.Ending ending) {
    if (!scenario.stages() || !ending.word().equals(request.expected())) {
      return;
    }
    stages(request, ending.answer()).forEach((stage, micros) -> series(stage).record(micros));
  }

  private Tally.Series series(String stage) {
    return stages.computeIfAbsent(stage, _ -> new Tally.Series());
  }

  private static Map<String, Long> stages(LoadRequest request, Buffer answer) {
    return switch (request.kind()) {
      case "http-retrieve" -> stagesOfJson(answer);
      case "grpc-retrieve" -> stagesOfMessage(answer);
      default -> Map.of();
    };
  }

  private static Map<String, Long> stagesOfJson(Buffer answer) {
    Map<String, Long> stages = new ConcurrentHashMap<>();
    answer
        .toJsonObject()
        .getJsonObject("stage_micros", new JsonObject())
        .forEach(stage -> stages.put(stage.getKey(), ((Number) stage.getValue()).longValue()));
    return stages;
  }

  private static Map<String, Long> stagesOfMessage(Buffer answer) {
    try {
      return RetrieveResponse.parseFrom(answer.slice(GRPC_HEAD, answer.length()).getBytes())
          .getStageMicrosMap();
    } catch (InvalidProtocolBufferException _) {
      return Map.of();
    }
  }

  /** An open loop sends no more, before its time. */
  void endSending() {
    told = true;
  }

  /** Whether nothing more will be sent and every answer has come, or should have by now. */
  boolean isOver() {
    if (sending) {
      return false;
    }
    long patience =
        scenario.times().warmUp().plus(scenario.times().duration()).toNanos()
            + scenario.times().deadline().toNanos()
            + LAST_ANSWERS_NANOS;
    return counted.underWay() + warmUp.underWay() == 0 || ticker.nanos() - beginNanos > patience;
  }

  Tally counted() {
    return counted;
  }

  Tally warmUp() {
    return warmUp;
  }

  /** Microseconds by stage, where the scenario asks for them. */
  Map<String, Tally.Series> stages() {
    return stages;
  }

  /** Requests that have begun, those of the warm-up included. */
  long begun() {
    return counted.begun() + warmUp.begun();
  }

  Future<Void> close() {
    List<Future<Void>> closed = new ArrayList<>();
    wires.forEach(wire -> closed.add(wire.close()));
    return Future.join(closed).mapEmpty();
  }
}
