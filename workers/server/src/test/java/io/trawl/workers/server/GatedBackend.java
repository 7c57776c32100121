package io.trawl.workers.server;

import io.trawl.workers.server.repository.ModelLoader;
import io.trawl.workers.server.run.BackendException;
import io.trawl.workers.server.run.ModelInstance;
import io.trawl.workers.server.run.ModelTensor;
import io.trawl.workers.server.run.RunStop;
import io.trawl.workers.server.run.Shape;
import io.trawl.workers.server.run.TensorSpec;
import io.trawl.workers.tensors.Datatype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A backend whose models give their one input back, each run only after the test lets it: so a test
 * decides what runs and what waits, and needs no sleep.
 */
final class GatedBackend implements ModelLoader.Backend {
  private static final long HANG_SECONDS = 60;

  private final BlockingQueue<Long> started = new LinkedBlockingQueue<>();
  private final Semaphore gate = new Semaphore(0);
  private final AtomicInteger open = new AtomicInteger();
  private volatile @Nullable String failure;
  private volatile boolean obeys = true;

  /** Configuration of a model that this backend can stand for. */
  static String config(String more) {
    return """
    backend: "onnxruntime"
    max_batch_size: 4
    input { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] }
    output { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] }
    """
        + more;
  }

  /** Waits until a run has begun and returns its number of rows. */
  long awaitRun() {
    try {
      Long rows = started.poll(HANG_SECONDS, TimeUnit.SECONDS);
      if (rows == null) {
        throw new AssertionError("no run begins");
      }
      return rows;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  int runsBegun() {
    return started.size();
  }

  /** Lets that many runs end, now or later. */
  void release(int runs) {
    gate.release(runs);
  }

  /** Makes runs end badly from now on; null makes them end well again. */
  void failWith(@Nullable String message) {
    failure = message;
  }

  /** Makes runs go on until they are released, whatever they are asked. */
  void disobey() {
    obeys = false;
  }

  int openInstances() {
    return open.get();
  }

  @Override
  public ModelInstance open(Path modelFile) throws BackendException {
    try {
      switch (Files.readString(modelFile)) {
        case "broken" -> throw new BackendException(modelFile + " is broken");
        case "too large" -> throw new OutOfMemoryError("made for a test");
        default -> {}
      }
    } catch (IOException e) {
      throw new BackendException("cannot be read", e);
    }
    open.incrementAndGet();
    return new Gated();
  }

  private final class Gated implements ModelInstance {
    @Override
    public List<TensorSpec> inputs() {
      return List.of(new TensorSpec("IN", Datatype.FP32, Shape.of(-1, -1)));
    }

    @Override
    public List<TensorSpec> outputs() {
      return List.of(new TensorSpec("OUT", Datatype.FP32, Shape.of(-1, -1)));
    }

    @Override
    public Run run(List<Input> inputs, List<String> outputNames, RunStop stop)
        throws BackendException {
      Input in = inputs.getFirst();
      started.add(in.shape().dim(0));
      await(stop);
      String broken = failure;
      if (broken != null) {
        throw new BackendException(broken);
      }
      var data = com.google.protobuf.ByteString.copyFrom(in.parts());
      return new Run(
          new ArrayList<>(List.of(new ModelTensor("OUT", in.type(), in.shape(), data))), 1, 2, 3);
    }

    private void await(RunStop stop) throws BackendException {
      if (!obeys) {
        gate.acquireUninterruptibly();
        return;
      }
      Thread runner = Thread.currentThread();
      stop.begin(runner::interrupt);
      try {
        gate.acquire();
      } catch (InterruptedException _) {
        throw new BackendException(BackendException.Fault.RUN, "ended when asked", null);
      } finally {
        stop.end();
        // It may have come after the last wait.
        var _ = Thread.interrupted();
      }
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }
}
