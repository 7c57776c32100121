package io.trawl.workers.server.run;

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
 * <p>Callers never wait. Everything that changes state is a task of one {@link Serial}; only the
 * inference itself runs outside, on the thread of its instance.
 */
public final class ModelScheduler {
  private static final Logger LOG = LoggerFactory.getLogger(ModelScheduler.class);

  private record Instance(Executable executable, ExecutorService thread) {}

  private final String model;
  private final boolean hasRows;
  private final Ticker ticker;
  private final Timers timers;
  private final ModelStats stats;
  private final List<Instance> instances;
  private final CompletableFuture<@Nullable Void> drained = new CompletableFuture<>();
  private final Serial serial = new Serial();

  // Read and written by tasks of serial only, but for pending, which anybody may read.
  private final BatchQueue<Job> queue;
  private final ArrayDeque<Instance> idle;
  private Timers.@Nullable Timer timer;
  private boolean stopping;
  private boolean retired;
  private boolean closed;
  private volatile int pending;

  /**
   * @param model name and version, for logs and threads
   * @param hasRows whether tensors of this model have a batch dimension
   * @param executables one for each instance, owned from here on
   */
  public ModelScheduler(
      String model,
      boolean hasRows,
      BatchingPolicy policy,
      List<Executable> executables,
      ModelStats stats,
      Ticker ticker,
      Timers timers) {
    this.model = model;
    this.hasRows = hasRows;
    this.ticker = ticker;
    this.timers = timers;
    this.stats = stats;
    this.queue = new BatchQueue<>(policy, ticker.nanos());
    List<Instance> made = new ArrayList<>(executables.size());
    for (Executable executable : executables) {
      made.add(new Instance(executable, singleThread("infer-" + model + "-" + made.size())));
    }
    this.instances = List.copyOf(made);
    this.idle = new ArrayDeque<>(instances);
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
            job.fail(Problem.RETIRED);
          } else if (stopping) {
            fail(job, Problem.STOPPING);
          } else if (job.ticket().deadlineNanos() <= 0) {
            fail(job, Problem.DEADLINE);
          } else if (!queue.offer(job, job.ticket(), ticker.nanos())) {
            fail(job, Problem.QUEUE_FULL);
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
            fail(job, Problem.CANCELLED);
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
   * Problem#RETIRED}, so that their callers look again.
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
          queue.clear().forEach(job -> fail(job, Problem.STOPPING));
          advance();
          for (Instance instance : instances) {
            // On its own thread: a session must not be closed under a run.
            instance.thread().execute(() -> closeQuietly(instance.executable()));
            instance.thread().shutdown();
          }
        });
  }

  private void closeQuietly(Executable executable) {
    try {
      executable.close();
    } catch (RuntimeException e) {
      LOG.warn("{}: an instance did not close", model, e);
    }
  }

  private void advance() {
    BatchQueue.Step<Job> step;
    do {
      step = queue.step(ticker.nanos(), !idle.isEmpty());
      step.timedOut().forEach(job -> fail(job, Problem.QUEUE_TIMEOUT));
      step.late().forEach(job -> fail(job, Problem.DEADLINE));
      if (!step.batch().isEmpty()) {
        start(idle.removeFirst(), step.batch());
      }
    } while (!step.batch().isEmpty());
    pending = queue.size();
    rearm(step.wakeAfterNanos());
    if (stopping && queue.size() == 0 && idle.size() == instances.size()) {
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

  private void start(Instance instance, List<Job> jobs) {
    Batch batch = new Batch(jobs, hasRows);
    long startedNanos = ticker.nanos();
    instance
        .thread()
        .execute(
            () -> {
              try {
                run(instance.executable(), batch, startedNanos);
              } finally {
                serial.execute(
                    () -> {
                      idle.addLast(instance);
                      advance();
                    });
              }
            });
  }

  private void run(Executable executable, Batch batch, long startedNanos) {
    try {
      Executable.Run run = executable.run(batch.inputs(), batch.outputNames());
      List<List<Tensor>> cut = batch.cut(run.outputs());
      stats.executed(batch.rows(), run);
      for (int i = 0; i < cut.size(); i++) {
        answer(batch.jobs().get(i), cut.get(i), startedNanos, run);
      }
    } catch (BackendException e) {
      LOG.warn("{}: {}", model, e.getMessage());
      failAll(batch, Problem.backend(e.getMessage()));
    } catch (RuntimeException | Error e) {
      LOG.error("{}: an inference ended in a bug", model, e);
      failAll(batch, Problem.backend("internal error while running '" + model + "'"));
    }
  }

  private void answer(Job job, List<Tensor> outputs, long startedNanos, Executable.Run run) {
    long tookNanos = ticker.nanos() - job.startedNanos();
    if (job.answer(outputs)) {
      stats.succeeded(tookNanos, startedNanos - job.startedNanos(), run);
    }
  }

  private void failAll(Batch batch, Problem problem) {
    batch.jobs().forEach(job -> fail(job, problem));
  }

  private void fail(Job job, Problem problem) {
    if (job.fail(problem)) {
      stats.failed(problem.reason(), ticker.nanos() - job.startedNanos());
    }
  }
}
