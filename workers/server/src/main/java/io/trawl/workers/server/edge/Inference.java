package io.trawl.workers.server.edge;

import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.server.repository.ModelSpec;
import io.trawl.workers.server.repository.Repository;
import io.trawl.workers.server.repository.ServedModel;
import io.trawl.workers.server.run.BatchQueue;
import io.trawl.workers.server.run.BatchQueue.Ticket;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.Job;
import io.trawl.workers.server.run.ModelTensor;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.wire.NanoClock;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The way of one inference call, the same for every edge. */
public final class Inference {

  /** Takes the answer, or the reason why there is none, on any thread, once. */
  interface Caller {
    void answered(ModelInferResponse response);

    void failed(CallFailure failure);
  }

  /** Drops the call if it still waits. */
  @FunctionalInterface
  interface Cancellation {
    Cancellation NOTHING = () -> {};

    void cancel();
  }

  private final Repository repository;
  private final NanoClock ticker;

  public Inference(Repository repository, NanoClock ticker) {
    this.repository = repository;
    this.ticker = ticker;
  }

  /**
   * Starts a call and returns at once.
   *
   * @param deadlineNanos time left to the caller, {@link BatchQueue#NEVER} for no deadline
   */
  Cancellation call(ModelInferRequest request, long deadlineNanos, Caller caller) {
    Call call = new Call(request, deadlineNanos, caller);
    call.place();
    return call;
  }

  /**
   * One call. It finds its model again where the version that it found first has been replaced
   * before it could take the job: so a reload loses none.
   */
  private final class Call implements Cancellation, Job.Receiver {
    private record Placed(ServedModel model, Map<String, Integer> classes, Job job) {
      void cancel() {
        model.scheduler().cancel(job);
      }
    }

    private final ModelInferRequest request;
    private final long deadlineNanos;
    private final Caller caller;
    private final long startedNanos = ticker.nanos();
    private volatile @Nullable Placed placed;
    private volatile boolean cancelled;

    Call(ModelInferRequest request, long deadlineNanos, Caller caller) {
      this.request = request;
      this.deadlineNanos = deadlineNanos;
      this.caller = caller;
    }

    void place() {
      ServedModel model;
      try {
        model = repository.find(request.getModelName(), request.getModelVersion());
      } catch (RequestException e) {
        caller.failed(e.failure());
        return;
      }
      Placed here;
      try {
        RequestReader.Read read = RequestReader.read(request, model.spec());
        here = new Placed(model, read.classes(), job(read, model.spec()));
      } catch (RequestException e) {
        model.stats().failed(e.failure().reason(), ticker.nanos() - startedNanos);
        caller.failed(e.failure());
        return;
      }
      placed = here;
      model.scheduler().submit(here.job());
      if (cancelled) {
        here.cancel();
      }
    }

    private Job job(RequestReader.Read read, ModelSpec spec) {
      long left =
          deadlineNanos == BatchQueue.NEVER
              ? BatchQueue.NEVER
              : deadlineNanos - (ticker.nanos() - startedNanos);
      return new Job(
          read.inputs(),
          read.outputs(),
          new Ticket(read.rows(), read.kind(spec.hasRows()), read.timeoutNanos(), left),
          startedNanos,
          this);
    }

    @Override
    public void cancel() {
      cancelled = true;
      Placed now = placed;
      if (now != null) {
        now.cancel();
      }
    }

    @Override
    public void answered(List<ModelTensor> outputs) {
      Placed now = placed;
      if (now == null) {
        throw new IllegalStateException("answered before it was placed");
      }
      caller.answered(response(now.model(), request.getId(), classified(now, outputs)));
    }

    private static List<ModelTensor> classified(Placed now, List<ModelTensor> outputs) {
      ModelSpec spec = now.model().spec();
      return outputs.stream()
          .map(
              made -> {
                ModelTensor output = spec.toCall(made);
                Integer classes = now.classes().get(output.name());
                return classes == null
                    ? output
                    : Classification.of(output, classes, spec.hasRows());
              })
          .toList();
    }

    @Override
    public void failed(CallFailure failure) {
      if (failure != CallFailure.RETIRED) {
        caller.failed(failure);
      } else if (cancelled) {
        caller.failed(CallFailure.CANCELLED);
      } else {
        placeAgain();
      }
    }

    private void placeAgain() {
      try {
        place();
      } catch (RuntimeException | Error bug) {
        // Nobody above would tell the caller.
        caller.failed(CallFailure.internal("internal error"));
        throw bug;
      }
    }
  }

  private static ModelInferResponse response(
      ServedModel model, String id, List<ModelTensor> outputs) {
    ModelInferResponse.Builder response =
        ModelInferResponse.newBuilder()
            .setModelName(model.spec().name())
            .setModelVersion(Long.toString(model.version()))
            .setId(id);
    for (ModelTensor output : outputs) {
      ModelInferResponse.InferOutputTensor.Builder described =
          response.addOutputsBuilder().setName(output.name()).setDatatype(output.type().name());
      for (int axis = 0; axis < output.shape().rank(); axis++) {
        described.addShape(output.shape().dim(axis));
      }
      response.addRawOutputContents(output.data());
    }
    return response.build();
  }
}
