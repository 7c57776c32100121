package io.trawl.workers.server.run;

import io.trawl.workers.server.run.BatchQueue.Ticket;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One inference on its way through a model: what goes in, and where the result goes. It ends
 * exactly once, as answered or as failed; what comes after that is ignored.
 */
public final class Job {

  /** Receives the result, on whatever thread made it. */
  public interface Receiver {
    void answered(List<ModelTensor> outputs);

    void failed(CallFailure failure);
  }

  private final List<ModelTensor> inputs;
  private final List<String> outputs;
  private final Ticket ticket;
  private final long startedNanos;
  private final Receiver receiver;
  private final AtomicBoolean ended = new AtomicBoolean();

  /** When its caller stops waiting, by the clock of the scheduler that has it. */
  private long dueAt = BatchQueue.NEVER;

  /**
   * @param inputs in the model's order, rows included where the model has batches
   * @param outputs names of those wanted
   * @param startedNanos when the request came in
   */
  public Job(
      List<ModelTensor> inputs,
      List<String> outputs,
      Ticket ticket,
      long startedNanos,
      Receiver receiver) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.ticket = ticket;
    this.startedNanos = startedNanos;
    this.receiver = receiver;
  }

  List<ModelTensor> inputs() {
    return inputs;
  }

  List<String> outputs() {
    return outputs;
  }

  Ticket ticket() {
    return ticket;
  }

  long startedNanos() {
    return startedNanos;
  }

  long dueAt() {
    return dueAt;
  }

  void dueAt(long nanos) {
    dueAt = nanos;
  }

  boolean ended() {
    return ended.get();
  }

  /**
   * Ends the job well; false if it had ended before. An answer that cannot be made of the result
   * ends it badly, and is the business of no other job.
   */
  boolean answer(List<ModelTensor> result) {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    try {
      receiver.answered(result);
      return true;
    } catch (RuntimeException | Error e) {
      receiver.failed(CallFailure.backend("internal error while an answer was made"));
      throw e;
    }
  }

  /** Ends the job badly; false if it had ended before. */
  boolean fail(CallFailure failure) {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    receiver.failed(failure);
    return true;
  }
}
