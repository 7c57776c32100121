package io.trawl.workers.server;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.server.BatchQueue.Ticket;
import java.util.List;
import java.util.function.Consumer;

/** The way of one inference call, the same for every edge. */
final class Inference {

  /** Takes the answer, or the reason why there is none, on any thread, once. */
  interface Caller {
    void answered(ModelInferResponse response);

    void failed(Problem problem);
  }

  /** Drops the call if it still waits. */
  @FunctionalInterface
  interface Cancellation {
    Cancellation NOTHING = () -> {};

    void cancel();
  }

  private final Repository repository;
  private final Ticker ticker;

  Inference(Repository repository, Ticker ticker) {
    this.repository = repository;
    this.ticker = ticker;
  }

  /**
   * Starts a call and returns at once.
   *
   * @param deadlineNanos time left to the caller, {@link BatchQueue#NEVER} for no deadline
   */
  Cancellation call(ModelInferRequest request, long deadlineNanos, Caller caller) {
    long startedNanos = ticker.nanos();
    ServedModel model;
    try {
      model = repository.find(request.getModelName(), request.getModelVersion());
    } catch (RequestException e) {
      caller.failed(e.problem());
      return Cancellation.NOTHING;
    }
    try {
      return submit(model, request, deadlineNanos, startedNanos, caller);
    } catch (RequestException e) {
      model.stats().failed(e.problem().reason());
      caller.failed(e.problem());
      return Cancellation.NOTHING;
    }
  }

  private static Cancellation submit(
      ServedModel model,
      ModelInferRequest request,
      long deadlineNanos,
      long startedNanos,
      Caller caller) {
    ModelSpec spec = model.spec();
    RequestReader.Read read = RequestReader.read(request, spec);
    Consumer<List<Tensor>> answer =
        outputs -> caller.answered(response(model, request.getId(), outputs));
    Job job =
        new Job(
            read.inputs(),
            read.outputs(),
            new Ticket(read.rows(), read.kind(spec.hasRows()), read.timeoutNanos(), deadlineNanos),
            startedNanos,
            new Job.Receiver() {
              @Override
              public void answered(List<Tensor> outputs) {
                answer.accept(outputs);
              }

              @Override
              public void failed(Problem problem) {
                caller.failed(problem);
              }
            });
    model.scheduler().submit(job);
    return () -> model.scheduler().cancel(job);
  }

  private static ModelInferResponse response(ServedModel model, String id, List<Tensor> outputs) {
    ModelInferResponse.Builder response =
        ModelInferResponse.newBuilder()
            .setModelName(model.spec().name())
            .setModelVersion(Long.toString(model.version()))
            .setId(id);
    for (Tensor output : outputs) {
      ModelInferResponse.InferOutputTensor.Builder described =
          response.addOutputsBuilder().setName(output.name()).setDatatype(output.type().name());
      for (int axis = 0; axis < output.shape().rank(); axis++) {
        described.addShape(output.shape().dim(axis));
      }
      ByteString data = output.data();
      response.addRawOutputContents(data);
    }
    return response.build();
  }
}
