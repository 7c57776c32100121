package io.trawl.workers.server.run;

import io.trawl.workers.wire.NanoClock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the requests of one model version to its instances: a {@link BatchQueue}, one platform
 * thread per instance, and a timer for what becomes due while nothing else happens.
 *
 * <p>Callers never wait. Everything that changes state is a task of one {@link SerialExecutor};
 * only the inference itself runs outside, on the thread of its instance.
 */
public final class ModelScheduler {
  private static final Logger LOG = LoggerFactory.getLogger(ModelScheduler.class);

  /** An instance and the thread that runs it. */
  private record Lane(ModelInstance instance, ExecutorService thread) {}

  private final String model;
  private final boolean hasRows;
  private final NanoClock ticker;
  private final Timers timers;
  private final ModelStats stats;
  private final List<Lane> lanes;
  private final CompletableFuture<@Nullable Void> drained = new CompletableFuture<>();
  private final SerialExecutor serial = new SerialExecutor();

  // Read and written by tasks of serial only, but for pending, which anybody may read.
  private final BatchQueue<Job> queue;
  private final ArrayDeque<Lane> idle;
  private Timers.@Nullable Timer timer;
  private boolean stopping;
  private boolean retired;
  private boolean closed;
  private volatile int pending;

  /**
   * @param model name and version, for logs and threads
   * @param hasRows whether tensors of this model have a batch dimension
   * @param instances owned from here on
   */
  public ModelScheduler(
      String model,
      boolean hasRows,
      BatchingPolicy policy,
      List<ModelInstance> instances,
      ModelStats stats,
      NanoClock ticker,
      Timers timers) {
    this.model = model;
    this.hasRows = hasRows;
    this.ticker = ticker;
    this.timers = timers;
    this.stats = stats;
    this.queue = new BatchQueue<>(policy, ticker.nanos());
    List<Lane> made = new ArrayList<>(instances.size());
    for (ModelInstance instance : instances) {
      made.add(new Lane(instance, singleThread("infer-" + model + "-" + made.size())));
    }
    this.lanes = List.copyOf(made);
    this.idle = new ArrayDeque<>(lanes);
  }

  private static ExecutorService singleThread(String name) {
    return Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(name).factory());
  }

  /** Requests waiting, not those running. */
  public int pending() {
    return pending;
  }

  /** Takes a job; it ends by itself, sooner or later, whatever happens. */
  public void submit(Job job) {
    serial.execute(
        () -> {
          if (retired) {
            // Not counted: the call is not over, and goes elsewhere.
            job.fail(CallFailure.RETIRED);
          } else if (stopping) {
            fail(job, CallFailure.STOPPING);
          } else if (job.ticket().deadlineNanos() <= 0) {
            fail(job, CallFailure.DEADLINE);
          } else if (!queue.offer(job, job.ticket(), ticker.nanos())) {
            fail(job, CallFailure.QUEUE_FULL);
          } else {
            advance();
          }
        });
  }

  /** Drops a job whose caller has left, if it still waits; one that runs is not stopped. */
  public void cancel(Job job) {
    serial.execute(
        () -> {
          if (queue.remove(job)) {
            fail(job, CallFailure.CANCELLED);
            advance();
          }
        });
  }

  /** Refuses new jobs; completes when all that were taken have ended. */
  public CompletionStage<@Nullable Void> drain() {
    serial.execute(
        () -> {
          stopping = true;
          advance();
        });
    return drained;
  }

  /**
   * {@link #drain}, for a version whose place another has taken, or nobody: new jobs end as {@link
   * CallFailure#RETIRED}, so that their callers look again.
   */
  public CompletionStage<@Nullable Void> retire() {
    serial.execute(() -> retired = true);
    return drain();
  }

  /**
   * Ends whatever waits and gives the instances back once they are through with what they run.
   * Idempotent.
   */
  public void close() {
    serial.execute(
        () -> {
          if (closed) {
            return;
          }
          closed = true;
          stopping = true;
          queue.clear().forEach(job -> fail(job, CallFailure.STOPPING));
          advance();
          for (Lane lane : lanes) {
            // On its own thread: a session must not be closed under a run.
            lane.thread().execute(() -> closeQuietly(lane.instance()));
            lane.thread().shutdown();
          }
        });
  }

  private void closeQuietly(ModelInstance instance) {
    try {
      instance.close();
    } catch (RuntimeException e) {
      LOG.warn("{}: an instance did not close", model, e);
    }
  }

  private void advance() {
    BatchQueue.Step<Job> step;
    do {
      step = queue.step(ticker.nanos(), !idle.isEmpty());
      step.timedOut().forEach(job -> fail(job, CallFailure.QUEUE_TIMEOUT));
      step.late().forEach(job -> fail(job, CallFailure.DEADLINE));
      if (!step.batch().isEmpty()) {
        start(idle.removeFirst(), step.batch());
      }
    } while (!step.batch().isEmpty());
    pending = queue.size();
    rearm(step.wakeAfterNanos());
    if (stopping && queue.size() == 0 && idle.size() == lanes.size()) {
      drained.complete(null);
    }
  }

  private void rearm(long delayNanos) {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (delayNanos != BatchQueue.NEVER) {
      timer = timers.after(delayNanos, () -> serial.execute(this::advance));
    }
  }

  private void start(Lane lane, List<Job> jobs) {
    Batch batch = new Batch(jobs, hasRows);
    long startedNanos = ticker.nanos();
    lane.thread()
        .execute(
            () -> {
              try {
                run(lane.instance(), batch, startedNanos);
              } finally {
                serial.execute(
                    () -> {
                      idle.addLast(lane);
                      advance();
                    });
              }
            });
  }

  private void run(ModelInstance instance, Batch batch, long startedNanos) {
    try {
      ModelInstance.Run run = instance.run(batch.inputs(), batch.outputNames());
      List<List<ModelTensor>> cut = batch.cut(run.outputs());
      stats.executed(batch.rows(), run);
      for (int i = 0; i < cut.size(); i++) {
        answer(batch.jobs().get(i), cut.get(i), startedNanos, run);
      }
    } catch (BackendException e) {
      LOG.warn("{}: {}", model, e.getMessage());
      failAll(batch, CallFailure.backend(e.getMessage()));
    } catch (RuntimeException | Error e) {
      LOG.error("{}: an inference ended in a bug", model, e);
      failAll(batch, CallFailure.backend("internal error while running '" + model + "'"));
    }
  }

  private void answer(
      Job job, List<ModelTensor> outputs, long startedNanos, ModelInstance.Run run) {
    long tookNanos = ticker.nanos() - job.startedNanos();
    if (job.answer(outputs)) {
      stats.succeeded(tookNanos, startedNanos - job.startedNanos(), run);
    }
  }

  private void failAll(Batch batch, CallFailure failure) {
    batch.jobs().forEach(job -> fail(job, failure));
  }

  private void fail(Job job, CallFailure failure) {
    if (job.fail(failure)) {
      stats.failed(failure.reason(), ticker.nanos() - job.startedNanos());
    }
  }
}
