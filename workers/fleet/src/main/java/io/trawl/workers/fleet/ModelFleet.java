package io.trawl.workers.fleet;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.InferHandle;
import io.trawl.workers.fleet.call.Dispatcher;
import io.trawl.workers.fleet.choose.Roster;
import io.trawl.workers.fleet.replica.Prober;
import io.trawl.workers.fleet.replica.Proof;
import io.trawl.workers.fleet.replica.Replica;
import io.trawl.workers.fleet.replica.Standing;
import io.trawl.workers.wire.Alarm;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model on all workers of a fleet. A call goes to a replica that is ready; which
 * one, and what happens where that fails, is the fleet's business. Safe for all threads.
 */
public final class ModelFleet implements AutoCloseable {

  /** Replicas are looked at so many times within the shortest silence. */
  private static final int LOOKS = 4;

  private record Member(Worker worker, Replica replica, Prober prober) {}

  private final Fleet fleet;
  private final FleetOptions options;
  private final String model;
  private final String version;
  private final Proof proof;
  private final DoubleSupplier jitter;
  private final Dispatcher dispatcher;
  private final Replica.Watcher watcher = new Watcher();

  private final Promise<Void> firstReady = Promise.promise();

  private volatile Roster<Replica> roster;

  private final Object lock = new Object();

  @GuardedBy("lock")
  private final Map<Worker, Member> members = new HashMap<>();

  @GuardedBy("lock")
  private Alarm.@Nullable Pending look;

  @GuardedBy("lock")
  private boolean closed;

  ModelFleet(Fleet fleet, String model, String version, Proof proof, DoubleSupplier jitter) {
    this.fleet = fleet;
    this.options = fleet.options();
    this.model = model;
    this.version = version;
    this.proof = proof;
    this.jitter = jitter;
    this.roster = Roster.of(List.of(), options.zone(), options.choose().owners());
    this.dispatcher = fleet.dispatcher(() -> roster);
  }

  /** Replicas that stand so. */
  int count(Standing standing) {
    synchronized (lock) {
      return (int)
          members.values().stream()
              .filter(member -> member.replica().standing() == standing)
              .count();
    }
  }

  /**
   * Runs the model on the replica that is best for the call, and elsewhere if that fails and may be
   * repeated.
   *
   * @param call of this model and version
   * @param budget what is left of the caller's time; the outcome comes within it
   * @param key of the user it is for; any number where keys have no owners
   */
  public InferHandle infer(InferCall call, Duration budget, long key) {
    if (!call.model().equals(model) || !call.version().equals(version)) {
      throw new IllegalArgumentException(
          "model: %s version %s (expected %s version %s)"
              .formatted(call.model(), call.version(), model, version));
    }
    return dispatcher.infer(call, budget, key);
  }

  public String model() {
    return model;
  }

  public String version() {
    return version;
  }

  /** How each replica stands, by endpoint. */
  public List<Replica.State> states() {
    synchronized (lock) {
      return members.values().stream()
          .map(member -> member.replica().state())
          .sorted((one, other) -> one.endpoint().toString().compareTo(other.endpoint().toString()))
          .toList();
    }
  }

  /** Whether there is a replica that is ready. */
  public boolean isReady() {
    return !roster.candidates().isEmpty();
  }

  /** Completes when each replica that is known now has been asked once whether it is ready. */
  public Future<Void> asked() {
    synchronized (lock) {
      return Future.join(members.values().stream().map(member -> member.prober().asked()).toList())
          .mapEmpty();
    }
  }

  /** Completes when a replica is ready for the first time; fails if this is closed before. */
  public Future<Void> firstReady() {
    return firstReady.future();
  }

  /** Calls that wait for a replica with room. */
  public int waiting() {
    return dispatcher.waitingCalls();
  }

  /** Begins to look for silence. */
  void start() {
    lookLater();
  }

  void add(Worker worker) {
    var replica =
        new Replica(
            worker.place().endpoint().toString(),
            worker.place().zone(),
            worker.client(),
            options.replica(),
            fleet.clock(),
            usualNanos(),
            watcher);
    var prober =
        new Prober(
            replica,
            model,
            version,
            proof,
            options.replica(),
            fleet.clock(),
            fleet.alarm(),
            this::usualNanos,
            jitter);
    synchronized (lock) {
      if (closed) {
        return;
      }
      members.put(worker, new Member(worker, replica, prober));
    }
    prober.start();
  }

  /** The worker is to go: nothing new is given to it. What it has it may finish. */
  void goes(Worker worker) {
    Member member;
    synchronized (lock) {
      member = members.get(worker);
    }
    if (member != null) {
      member.prober().close();
      member.replica().goes();
    }
  }

  /** Calls under way at a worker. */
  int underWay(Worker worker) {
    synchronized (lock) {
      Member member = members.get(worker);
      return member == null ? 0 : member.replica().load().underWay();
    }
  }

  /** The worker is gone. */
  void forget(Worker worker) {
    synchronized (lock) {
      members.remove(worker);
    }
  }

  /** Takes calls no more; what is under way ends as it would. */
  @Override
  public void close() {
    List<Member> all;
    synchronized (lock) {
      closed = true;
      if (look != null) {
        look.cancel();
      }
      all = List.copyOf(members.values());
    }
    fleet.closed(this);
    firstReady.tryFail("closed before a replica was ready");
    for (Member member : all) {
      member.prober().close();
      member.replica().goes();
    }
  }

  /** How long calls take at replicas that are ready: the median, zero where nobody knows. */
  private double usualNanos() {
    return usualNanos(null);
  }

  private double usualNanos(@Nullable Replica but) {
    double[] found =
        roster.candidates().stream()
            .filter(replica -> replica != but)
            .mapToDouble(replica -> replica.load().latencyNanos())
            .sorted()
            .toArray();
    return found.length == 0 ? 0 : found[found.length / 2];
  }

  private void lookLater() {
    synchronized (lock) {
      if (!closed) {
        look = fleet.alarm().after(options.silence().toNanos() / LOOKS, this::look);
      }
    }
  }

  private void look() {
    try {
      takeFromSilentOnes();
      // Those whose queue was full may have room again.
      dispatcher.room();
    } finally {
      lookLater();
    }
  }

  private void takeFromSilentOnes() {
    List<Replica> all;
    synchronized (lock) {
      all = members.values().stream().map(Member::replica).toList();
    }
    for (Replica replica : all) {
      long silence = replica.load().silenceNanos();
      if (silence > options.silence().toNanos()
          && silence > options.silenceFactor() * usualNanos(replica)
          && out(replica, silence)
          && roster.candidates().stream().anyMatch(other -> other != replica)) {
        replica.takeBack();
      }
    }
  }

  private static boolean out(Replica replica, long silence) {
    return replica.standing() != Standing.READY
        || replica.eject(
            "it has calls and ended none for " + Duration.ofNanos(silence).toMillis() + " ms");
  }

  /** What replicas tell. */
  private final class Watcher implements Replica.Watcher {

    @Override
    public boolean ejects(Replica replica, BooleanSupplier stands) {
      synchronized (lock) {
        int ejected = count(Standing.EJECTED);
        int ready = count(Standing.READY);
        // The last that is ready stays, whatever else is wrong with the others.
        return ready > 1
            && ejected + 1 <= options.ejectedAtMost() * (ready + ejected)
            && stands.getAsBoolean();
      }
    }

    @Override
    public void changed(Replica replica) {
      synchronized (lock) {
        roster =
            Roster.of(
                members.values().stream()
                    .map(Member::replica)
                    .filter(one -> one.standing() == Standing.READY)
                    .toList(),
                options.zone(),
                options.choose().owners());
      }
      if (isReady()) {
        firstReady.tryComplete();
      }
      dispatcher.room();
    }

    @Override
    public void ended(Replica replica) {
      dispatcher.room();
    }
  }
}
