package io.trawl.workers.fleet.replica;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferOutcome;
import io.trawl.workers.client.OipClient;
import io.trawl.workers.fleet.choose.Candidate;
import io.trawl.workers.fleet.choose.Load;
import io.trawl.workers.fleet.choose.SlowStart;
import io.trawl.workers.guard.ConcurrencyLimit;
import io.trawl.workers.guard.Ending;
import io.trawl.workers.guard.Guard;
import io.trawl.workers.guard.Ticket;
import io.trawl.workers.wire.NanoClock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One model on one worker: how it stands, and what it has been given. Safe for all threads.
 *
 * <p>Its standing changes by what it says and does: evidence of a call or a probe takes it out at
 * once, a proof brings it back. Ejection alone is by numbers, which may be wrong for all of a fleet
 * at once, and needs the consent of {@link Watcher#ejects}.
 */
public final class Replica implements Candidate {

  /** Told of what happens to a replica, under none of its locks. */
  public interface Watcher {

    /**
     * Ejects one more, if that may be beside those that are.
     *
     * @param stands lets it stand ejected: called where it may be, before another one is asked for,
     *     so that no two go where one may
     * @return whether it stands so now
     */
    boolean ejects(Replica replica, BooleanSupplier stands);

    /** Its standing is another one. */
    void changed(Replica replica);

    /** A call ended: there may be room for another one. */
    void ended(Replica replica);
  }

  /** What is to happen to a call if it is taken back before it ends. */
  @FunctionalInterface
  public interface Run {
    void takeBack();
  }

  private static final Logger LOG = LoggerFactory.getLogger(Replica.class);
  private static final Duration LIMIT_WINDOW = Duration.ofMillis(100);

  /** Times as long as answers take of late: who waited for so long and has none is a witness. */
  private static final double PATIENT = 2;

  private final String name;
  private final String zone;
  private final OipClient client;
  private final ReplicaOptions options;
  private final NanoClock clock;
  private final Watcher watcher;
  private final Load load;
  private final SlowStart start;
  private final Guard guard;
  private final ConcurrencyLimit limit;
  private final Set<Slot> slots = ConcurrentHashMap.newKeySet();

  private volatile Standing standing = Standing.UNPROVEN;

  /** Until when it said, as it were, that it has no room. */
  private volatile long fullUntil;

  private final Object lock = new Object();

  @GuardedBy("lock")
  private String why = "it has not proven itself yet";

  @GuardedBy("lock")
  private long sinceNanos;

  @GuardedBy("lock")
  private int failuresInARow;

  @GuardedBy("lock")
  private int fulls;

  @GuardedBy("lock")
  private int ejections;

  @GuardedBy("lock")
  private long ejectedUntil;

  /**
   * An unproven one.
   *
   * @param name by which the ring, logs and metrics know it
   * @param client of its worker; it stays that of who gave it
   * @param guessNanos how long calls take at its like
   */
  public Replica(
      String name,
      String zone,
      OipClient client,
      ReplicaOptions options,
      NanoClock clock,
      double guessNanos,
      Watcher watcher) {
    this.name = name;
    this.zone = zone;
    this.client = client;
    this.options = options;
    this.clock = clock;
    this.watcher = watcher;
    this.load = new Load(clock, options.decay().toNanos(), TimeUnit.NANOSECONDS, guessNanos);
    this.start = new SlowStart(clock, options.warmUp());
    this.guard = Guard.of(name, options.breaker(), clock::nanos, this::opened);
    this.limit = ConcurrencyLimit.byDelay(options.limit(), LIMIT_WINDOW, options.tolerance());
    this.sinceNanos = clock.nanos();
    this.ejectedUntil = sinceNanos;
    this.fullUntil = sinceNanos;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String zone() {
    return zone;
  }

  @Override
  public Load load() {
    return load;
  }

  @Override
  public boolean takes() {
    return standing == Standing.READY
        && load.underWay() < limit.most()
        && clock.nanos() - fullUntil >= 0;
  }

  @Override
  public double share() {
    return start.share();
  }

  public Endpoint endpoint() {
    return client.endpoint();
  }

  public OipClient client() {
    return client;
  }

  public Standing standing() {
    return standing;
  }

  /** Calls that may be under way at once, as learned so far. */
  public int limit() {
    return limit.most();
  }

  /**
   * A place for one call.
   *
   * @param run what takes it back
   * @return null if none is free, or the breaker refuses
   */
  public @Nullable Slot begin(Run run) {
    if (!takes() || !(guard.tryAcquire() instanceof Ticket ticket)) {
      return null;
    }
    load.began();
    var slot = new Slot(ticket, run);
    slots.add(slot);
    return slot;
  }

  /** A place that a call has; it ends once. */
  public final class Slot {
    private final Ticket ticket;
    private final Run run;
    private final long begin = clock.nanos();
    private final AtomicBoolean ended = new AtomicBoolean();

    private Slot(Ticket ticket, Run run) {
      this.ticket = ticket;
      this.run = run;
    }

    /** The call ended so; what that says is counted. The first ending counts. */
    public Verdict end(InferOutcome outcome) {
      var verdict = Verdict.of(outcome);
      if (ended.compareAndSet(false, true)) {
        slots.remove(this);
        Replica.this.ended(this, verdict, outcome);
      }
      return verdict;
    }
  }

  private void ended(Slot slot, Verdict verdict, InferOutcome outcome) {
    long nanos = clock.nanos() - slot.begin;
    int during = load.underWay();
    // Who gives up sooner than answers come has seen nothing that would count against anybody.
    boolean patient = nanos > PATIENT * load.latencyNanos();
    switch (verdict.counts()) {
      case TIME -> load.ended(nanos);
      case SLOW -> load.ended(Math.max(nanos, options.failureCounts().toNanos()));
      case AT_LEAST -> {
        if (patient) {
          load.ended(nanos);
        } else {
          load.dropped();
        }
      }
      case NOTHING -> load.dropped();
    }
    if (verdict.counts() == Verdict.Counts.TIME || verdict.trouble()) {
      limit.ended(slot.begin, Math.max(1, nanos), during, verdict.trouble());
    }
    Ending ending =
        verdict.counts() == Verdict.Counts.AT_LEAST && !patient ? Ending.DROPPED : verdict.ending();
    slot.ticket.end(ending);
    if (verdict.leaves() != null && outcome instanceof Failure failure) {
      leave(verdict.leaves(), failure.message());
    }
    if (outcome instanceof Failure.QueueFull) {
      full();
    }
    count(ending);
    watcher.ended(this);
  }

  /** Its queue is full: it is left alone for as long as a call takes, and longer if it stays so. */
  private void full() {
    synchronized (lock) {
      long now = clock.nanos();
      if (now - fullUntil >= 0) {
        double longer = Math.max(1, load.latencyNanos()) * (1L << Math.min(fulls, 20));
        fulls++;
        fullUntil = now + (long) Math.min(longer, (double) options.failureCounts().toNanos());
      }
    }
  }

  private void count(Ending ending) {
    boolean many;
    synchronized (lock) {
      switch (ending) {
        case SUCCEEDED -> {
          failuresInARow = 0;
          fulls = 0;
        }
        case FAILED -> failuresInARow++;
        case DROPPED -> {}
      }
      many = failuresInARow >= options.failuresInARow();
    }
    if (many) {
      eject(options.failuresInARow() + " calls in a row failed");
    }
  }

  private void opened() {
    eject("too many of its calls failed or were slow");
  }

  /** Takes it out by numbers, if that may be; then it proves itself after a while. */
  public boolean eject(String reason) {
    if (standing != Standing.READY) {
      return false;
    }
    if (watcher.ejects(this, () -> standsEjected(reason))) {
      told(Standing.EJECTED, reason);
      return true;
    }
    // It stays, and has to be asked: a breaker that is open would take it out after all.
    guard.reset();
    synchronized (lock) {
      failuresInARow = 0;
    }
    return false;
  }

  private boolean standsEjected(String reason) {
    synchronized (lock) {
      if (!stands(Standing.EJECTED, reason)) {
        return false;
      }
      long now = clock.nanos();
      if (now - ejectedUntil > options.ejectAtMost().toNanos()) {
        ejections = 0;
      }
      long longer = options.ejectFor().toNanos() << Math.min(ejections, 20);
      ejections++;
      ejectedUntil = now + Math.min(longer, options.ejectAtMost().toNanos());
      return true;
    }
  }

  /** It has shown that it takes no calls, whatever numbers say. */
  void leave(Standing to, String reason) {
    stand(to, reason);
  }

  /** It has proven itself. */
  void ready(double guessNanos) {
    guard.reset();
    load.forget(guessNanos);
    start.restart();
    synchronized (lock) {
      failuresInARow = 0;
    }
    stand(Standing.READY, "");
  }

  /** It is to go for good: no proof brings it back. */
  public void goes() {
    stand(Standing.LEAVING, "it is to go");
  }

  /** Whether it is ejected and the time has not come to prove itself. */
  boolean resting() {
    synchronized (lock) {
      return standing == Standing.EJECTED && clock.nanos() - ejectedUntil < 0;
    }
  }

  private void stand(Standing to, String reason) {
    boolean changed;
    synchronized (lock) {
      changed = stands(to, reason);
    }
    if (changed) {
      told(to, reason);
    }
  }

  @GuardedBy("lock")
  private boolean stands(Standing to, String reason) {
    why = reason;
    if (standing == to || standing == Standing.LEAVING) {
      return false;
    }
    standing = to;
    sinceNanos = clock.nanos();
    return true;
  }

  private void told(Standing to, String reason) {
    if (to == Standing.READY) {
      LOG.info("worker {} is ready", name);
    } else {
      LOG.warn("worker {} gets no calls, {}: {}", name, to, reason);
    }
    watcher.changed(this);
  }

  /** Takes back what is under way here: whoever asked for it asks elsewhere or gives up. */
  public void takeBack() {
    for (Slot slot : List.copyOf(slots)) {
      slot.run.takeBack();
    }
  }

  /** How it stands, to be looked at. */
  public State state() {
    synchronized (lock) {
      return new State(
          endpoint(),
          zone,
          standing,
          why,
          Duration.ofNanos(clock.nanos() - sinceNanos),
          load.underWay(),
          limit.most(),
          Duration.ofNanos((long) load.latencyNanos()),
          share(),
          ejections);
    }
  }

  /**
   * How a replica stands at a moment.
   *
   * @param why it is not ready; empty where it is
   * @param since it stands so
   * @param underWay calls under way
   * @param limit calls that may be under way at once
   * @param latency how long calls take of late, failures as what they count
   * @param share of a full share of calls, less in its beginning
   * @param ejections in a row so far
   */
  public record State(
      Endpoint endpoint,
      String zone,
      Standing standing,
      String why,
      Duration since,
      int underWay,
      int limit,
      Duration latency,
      double share,
      int ejections) {}

  @Override
  public String toString() {
    return name;
  }
}
