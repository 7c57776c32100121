package io.trawl.workers.server.run;

import com.google.protobuf.ByteString;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.Datatype;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Jobs that run together: their inputs laid one after another, and the outputs of the whole cut up
 * again. For a model without a batch dimension a batch is one job, and nothing is cut.
 */
final class Batch {
  private final List<Job> jobs;
  private final boolean hasRows;
  private final long rows;

  Batch(List<Job> jobs, boolean hasRows) {
    if (!hasRows && jobs.size() != 1) {
      throw new IllegalArgumentException(
          "a model without a batch dimension runs one request at a time, got " + jobs.size());
    }
    this.jobs = List.copyOf(jobs);
    this.hasRows = hasRows;
    this.rows = jobs.stream().mapToLong(job -> job.ticket().rows()).sum();
  }

  List<Job> jobs() {
    return jobs;
  }

  long rows() {
    return rows;
  }

  List<ModelInstance.Input> inputs() {
    List<ModelTensor> first = jobs.getFirst().inputs();
    List<ModelInstance.Input> merged = new ArrayList<>(first.size());
    for (int i = 0; i < first.size(); i++) {
      ModelTensor tensor = first.get(i);
      List<ByteString> parts = new ArrayList<>(jobs.size());
      for (Job job : jobs) {
        parts.add(job.inputs().get(i).data());
      }
      Shape shape = hasRows ? tensor.shape().replacingFirst(rows) : tensor.shape();
      merged.add(new ModelInstance.Input(tensor.name(), tensor.type(), shape, parts));
    }
    return merged;
  }

  /** Every output that one of the jobs wants. */
  List<String> outputNames() {
    if (jobs.size() == 1) {
      return jobs.getFirst().outputs();
    }
    Set<String> names = new LinkedHashSet<>();
    for (Job job : jobs) {
      names.addAll(job.outputs());
    }
    return List.copyOf(names);
  }

  /** The outputs of each job, in the order of jobs, as views of what the model gave. */
  List<List<ModelTensor>> cut(List<ModelTensor> outputs) throws BackendException {
    if (jobs.size() == 1 && !hasRows) {
      return List.of(outputs);
    }
    List<List<ModelTensor>> cut = new ArrayList<>(jobs.size());
    for (Job job : jobs) {
      cut.add(new ArrayList<>(job.outputs().size()));
    }
    for (ModelTensor output : outputs) {
      checkRows(output);
      cutInto(output, cut);
    }
    return cut;
  }

  private void checkRows(ModelTensor output) throws BackendException {
    Shape shape = output.shape();
    if (shape.rank() == 0 || shape.dim(0) != rows) {
      throw new BackendException(
          "output '%s' has shape %s for a batch of %d; with max_batch_size > 0 the first dimension must be the batch"
              .formatted(output.name(), shape, rows));
    }
  }

  private void cutInto(ModelTensor output, List<List<ModelTensor>> cut) {
    long elementsPerRow = output.shape().elements() / rows;
    int from = 0;
    for (int i = 0; i < jobs.size(); i++) {
      Job job = jobs.get(i);
      int jobRows = job.ticket().rows();
      int to =
          output.type() == Datatype.BYTES
              ? BytesTensors.endOf(output.data(), from, jobRows * elementsPerRow)
              : from + Math.toIntExact(jobRows * elementsPerRow * output.type().sizeBytes());
      if (job.outputs().contains(output.name())) {
        cut.get(i)
            .add(
                new ModelTensor(
                    output.name(),
                    output.type(),
                    output.shape().replacingFirst(jobRows),
                    output.data().substring(from, to)));
      }
      from = to;
    }
  }
}
