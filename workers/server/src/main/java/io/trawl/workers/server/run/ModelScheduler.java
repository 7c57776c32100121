package io.trawl.workers.server.run;

import io.trawl.workers.wire.NanoClock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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

  /** An instance, the thread that runs it, and what runs. */
  private static final class Lane {
    private final ModelInstance instance;
    private final ExecutorService thread;
    private @Nullable Running running;

    Lane(ModelInstance instance, ExecutorService thread) {
      this.instance = instance;
      this.thread = thread;
    }
  }

  private final String model;
  private final RunLimits limits;

  /**
   * Times of jobs and runs are counted from here, so that they are small and order like numbers.
   */
  private final long origin;

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
  private long timerAt = BatchQueue.NEVER;

  /** Not later than the next event of a run. */
  private long watchAt = BatchQueue.NEVER;

  private boolean stopping;
  private boolean retired;
  private boolean closed;
  private volatile int pending;
  private volatile int stuckRuns;

  /**
   * @param model name and version, for logs and threads
   * @param hasRows whether tensors of this model have a batch dimension
   * @param limits how long a run may take
   * @param instances owned from here on
   */
  public ModelScheduler(
      String model,
      boolean hasRows,
      BatchingPolicy policy,
      RunLimits limits,
      List<ModelInstance> instances,
      ModelStats stats,
      NanoClock ticker,
      Timers timers) {
    this.model = model;
    this.hasRows = hasRows;
    this.ticker = ticker;
    this.timers = timers;
    this.stats = stats;
    this.limits = limits;
    this.origin = ticker.nanos();
    this.queue = new BatchQueue<>(policy, origin);
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

  /** Runs that do not end although they were asked to; each has an instance for itself. */
  public int stuckRuns() {
    return stuckRuns;
  }

  /** Whether no instance is left: then nothing is taken. */
  public boolean isStuck() {
    return stuckRuns == lanes.size();
  }

  private long now() {
    return ticker.nanos() - origin;
  }

  /** Takes a job; it ends by itself, sooner or later, whatever happens. */
  public void submit(Job job) {
    serial.execute(
        () -> {
          if (job.ended()) {
            // Its caller left before it came here.
            return;
          }
          job.dueAt(BatchQueue.later(now(), job.ticket().deadlineNanos()));
          if (retired) {
            // Not counted: the call is not over, and goes elsewhere.
            job.fail(CallFailure.RETIRED);
          } else if (stopping) {
            fail(job, CallFailure.STOPPING);
          } else if (job.ticket().deadlineNanos() <= 0) {
            fail(job, CallFailure.DEADLINE);
          } else if (isStuck()) {
            fail(job, stuckFailure());
          } else if (!queue.offer(job, job.ticket(), ticker.nanos())) {
            fail(job, CallFailure.QUEUE_FULL);
          } else {
            advance();
          }
        });
  }

  /** Drops a job whose caller has left. A run of which that was the last one is asked to end. */
  public void cancel(Job job) {
    serial.execute(
        () -> {
          queue.remove(job);
          fail(job, CallFailure.CANCELLED);
          watchAt = 0;
          advance();
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
            lane.thread.execute(() -> closeQuietly(lane.instance));
            lane.thread.shutdown();
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
    watch();
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
    if (stopping && queue.size() == 0 && idle.size() + stuckRuns == lanes.size()) {
      drained.complete(null);
    }
  }

  /** Looks after what runs, if anything is due there. */
  private void watch() {
    long now = now();
    if (now < watchAt) {
      return;
    }
    watchAt = BatchQueue.NEVER;
    for (Lane lane : lanes) {
      Running running = lane.running;
      if (running != null) {
        running.late(now).forEach(job -> fail(job, CallFailure.DEADLINE));
        handle(running.step(now), running, now);
        watchAt = Math.min(watchAt, running.nextAt());
      }
    }
  }

  private void handle(Running.Event event, Running running, long now) {
    switch (event) {
      case NOTHING -> {}
      case BEYOND_LIMIT -> {
        LOG.warn(
            "{}: a run takes longer than {}, the most; it is asked to end",
            model,
            RunLimits.words(limits.run()));
        running.jobs().forEach(job -> fail(job, CallFailure.beyondLimit(model, limits.run())));
      }
      case STUCK -> {
        stuckRuns++;
        LOG.error("{}: {}", model, stuckReason());
        if (isStuck()) {
          queue.clear().forEach(job -> fail(job, stuckFailure()));
        }
      }
      case HOPELESS ->
          limits
              .hopeless()
              .accept(
                  "model '%s': a run does not end, %d s after its start and %d s after it was told to"
                      .formatted(
                          model,
                          TimeUnit.NANOSECONDS.toSeconds(now - running.startedAt()),
                          TimeUnit.NANOSECONDS.toSeconds(now - running.askedAt())));
    }
  }

  /** Why the model takes nothing, for its state in the repository. */
  public String stuckReason() {
    return "%d of %d instances run and do not end although they were told to"
        .formatted(stuckRuns, lanes.size());
  }

  private CallFailure stuckFailure() {
    return CallFailure.unavailable("model '" + model + "' takes nothing: " + stuckReason());
  }

  /** A timer that is there and not too late may stay: what it finds nothing for costs little. */
  private void rearm(long delayNanos) {
    long now = now();
    long at = Math.min(BatchQueue.later(now, delayNanos), watchAt);
    if (timer != null && timerAt <= at) {
      return;
    }
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    timerAt = at;
    if (at != BatchQueue.NEVER) {
      timer = timers.after(Math.max(0, at - now), () -> serial.execute(this::timeIsUp));
    }
  }

  private void timeIsUp() {
    timer = null;
    timerAt = BatchQueue.NEVER;
    advance();
  }

  private void start(Lane lane, List<Job> jobs) {
    Running running = new Running(jobs, limits, now());
    lane.running = running;
    watchAt = Math.min(watchAt, running.nextAt());
    lane.thread.execute(
        () -> {
          try {
            run(lane.instance, jobs, running);
          } finally {
            serial.execute(() -> over(lane, running));
          }
        });
  }

  private void over(Lane lane, Running running) {
    if (running.stuck()) {
      stuckRuns--;
      LOG.warn("{}: a run that did not end has ended after all", model);
    }
    if (running.stop().asked()) {
      stats.stopped.increment();
    }
    lane.running = null;
    idle.addLast(lane);
    advance();
  }

  /**
   * Runs jobs together. Where that fails, and may fail because of one of them, each half is run
   * again for itself, down to single requests: who is good is answered, whoever shared the batch.
   */
  private void run(ModelInstance instance, List<Job> jobs, Running running) {
    try {
      Batch batch = new Batch(jobs, hasRows);
      ModelInstance.Run run = instance.run(batch.inputs(), batch.outputNames(), running.stop());
      List<List<ModelTensor>> cut = batch.cut(run.outputs());
      stats.executed(batch.rows(), run);
      for (int i = 0; i < cut.size(); i++) {
        answer(jobs.get(i), cut.get(i), running.startedAt() + origin, run);
      }
    } catch (BackendException e) {
      boolean mayDependOnOne = jobs.size() > 1 && e.fault() != BackendException.Fault.MODEL;
      if (mayDependOnOne && !running.stop().asked()) {
        rerun(instance, jobs.subList(0, jobs.size() / 2), running);
        rerun(instance, jobs.subList(jobs.size() / 2, jobs.size()), running);
      } else {
        failed(jobs, e, running);
      }
    } catch (RuntimeException | Error e) {
      LOG.error("{}: an inference ended in a bug", model, e);
      failAll(jobs, CallFailure.backend("internal error while running '" + model + "'"));
    }
  }

  private void rerun(ModelInstance instance, List<Job> jobs, Running running) {
    List<Job> waiting = jobs.stream().filter(job -> !job.ended()).toList();
    if (!waiting.isEmpty()) {
      stats.reruns.increment();
      run(instance, waiting, running);
    }
  }

  private void failed(List<Job> jobs, BackendException e, Running running) {
    if (running.stop().asked()) {
      LOG.debug("{}: a run was ended: {}", model, e.getMessage());
    } else if (e.fault() == BackendException.Fault.MEMORY) {
      LOG.warn("{}: {}", model, e.getMessage(), e.getCause());
      failAll(jobs, CallFailure.outOfMemory(e.getMessage()));
      return;
    } else if (e.fault() == BackendException.Fault.INPUT) {
      LOG.debug("{}: {}", model, e.getMessage(), e.getCause());
      failAll(jobs, CallFailure.refusedByModel(e.getMessage()));
      return;
    } else {
      LOG.warn("{}: {}", model, e.getMessage(), e.getCause());
    }
    failAll(jobs, CallFailure.backend(e.getMessage()));
  }

  private void answer(
      Job job, List<ModelTensor> outputs, long startedNanos, ModelInstance.Run run) {
    long tookNanos = ticker.nanos() - job.startedNanos();
    try {
      if (job.answer(outputs)) {
        stats.succeeded(tookNanos, startedNanos - job.startedNanos(), run);
      }
    } catch (RuntimeException | Error e) {
      LOG.error("{}: an answer could not be made", model, e);
      stats.failed(CallFailure.Reason.OTHER, tookNanos);
    }
  }

  private void failAll(List<Job> jobs, CallFailure failure) {
    jobs.forEach(job -> fail(job, failure));
  }

  private void fail(Job job, CallFailure failure) {
    if (job.fail(failure)) {
      stats.failed(failure.reason(), ticker.nanos() - job.startedNanos());
    }
  }
}
