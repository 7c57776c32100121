package io.trawl.workers.server.repository;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.trawl.workers.protocol.ModelWarmup;
import io.trawl.workers.server.run.BackendException;
import io.trawl.workers.server.run.ModelInstance;
import io.trawl.workers.server.run.RunLimits;
import io.trawl.workers.server.run.RunStop;
import io.trawl.workers.server.run.Shape;
import io.trawl.workers.server.run.TensorSpec;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.wire.NanoClock;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a model, as its configuration says, before it is ready; the same inputs each time. */
final class WarmUp {
  private static final long WARMUP_SEED = 1;

  /** Of all inputs of a sample, as the largest request where nothing else is set. */
  private static final BigInteger MAX_BYTES = BigInteger.valueOf(64 << 20);

  /** What a string costs on its way into a model, be it empty. */
  private static final int BYTES_ELEMENT_COST = 128;

  /** Loads wait for each other: so long may all runs of a version's warm-up take together. */
  private static final Duration MOST_OF_ALL = Duration.ofMinutes(10);

  private final ModelSpec spec;
  private final List<ModelInstance> instances;
  private final RunLimits limits;
  private final NanoClock ticker;
  private final long startedNanos;

  /** A run that never ends holds this thread, and not the one that loads. */
  private final ExecutorService thread;

  private WarmUp(
      ModelSpec spec, List<ModelInstance> instances, RunLimits limits, NanoClock ticker) {
    this.spec = spec;
    this.instances = instances;
    this.limits = limits;
    this.ticker = ticker;
    this.startedNanos = ticker.nanos();
    this.thread =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("warm-up-" + spec.name()).factory());
  }

  /**
   * @param instances an instance whose run does not end is taken out: it closes itself if it ever
   *     does
   */
  static void run(ModelSpec spec, List<ModelInstance> instances, RunLimits limits, NanoClock ticker)
      throws ConfigException, BackendException {
    if (spec.config().getModelWarmupCount() == 0) {
      return;
    }
    WarmUp warmUp = new WarmUp(spec, instances, limits, ticker);
    try {
      warmUp.run();
    } finally {
      warmUp.thread.shutdown();
    }
  }

  private void run() throws ConfigException, BackendException {
    List<String> outputs = spec.outputs().stream().map(TensorSpec::name).toList();
    Random random = new Random(WARMUP_SEED);
    for (ModelWarmup warmup : spec.config().getModelWarmupList()) {
      List<ModelInstance.Input> inputs = warmupInputs(spec, warmup, random);
      long times = Math.max(1, Integer.toUnsignedLong(warmup.getCount()));
      for (ModelInstance instance : List.copyOf(instances)) {
        for (long i = 0; i < times; i++) {
          once(warmup, instance, inputs, outputs);
        }
      }
    }
  }

  private void once(
      ModelWarmup warmup,
      ModelInstance instance,
      List<ModelInstance.Input> inputs,
      List<String> outputs)
      throws ConfigException, BackendException {
    if (ticker.nanos() - startedNanos > MOST_OF_ALL.toNanos()) {
      throw new ConfigException(
          "model_warmup of model '%s' takes longer than %d s, the most of all runs together"
              .formatted(spec.name(), MOST_OF_ALL.toSeconds()));
    }
    RunStop stop = new RunStop();
    Future<?> run = thread.submit(() -> instance.run(inputs, outputs, stop));
    if (ends(run, limits.run())) {
      return;
    }
    stop.ask();
    String what = "takes longer than " + RunLimits.words(limits.run()) + ", the most of one run";
    try {
      if (!ends(run, limits.grace())) {
        instances.remove(instance);
        thread.execute(instance::close);
        what += ", and does not end although it was told to: its thread is lost";
      }
    } catch (BackendException _) {
      // It obeyed.
    }
    throw new ConfigException(
        "model_warmup '%s' of model '%s' %s".formatted(warmup.getName(), spec.name(), what));
  }

  private static boolean ends(Future<?> run, Duration within)
      throws ConfigException, BackendException {
    try {
      run.get(within.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException _) {
      return false;
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case BackendException failed -> throw failed;
        case RuntimeException bug -> throw bug;
        case Error bug -> throw bug;
        case null, default -> throw new IllegalStateException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConfigException("the load was interrupted", e);
    }
  }

  private static List<ModelInstance.Input> warmupInputs(
      ModelSpec spec, ModelWarmup warmup, Random random) throws ConfigException {
    List<ModelInstance.Input> inputs = new ArrayList<>(spec.inputs().size());
    for (String given : warmup.getInputsMap().keySet()) {
      if (!spec.hasInput(given)) {
        throw new ConfigException(
            "model_warmup '%s': model '%s' has no input '%s'"
                .formatted(warmup.getName(), spec.name(), given));
      }
    }
    BigInteger room = MAX_BYTES;
    for (TensorSpec input : spec.inputs()) {
      ModelWarmup.Input given = warmup.getInputsMap().get(input.name());
      if (given == null) {
        throw new ConfigException(
            "model_warmup '%s' of model '%s' names no data for input '%s'"
                .formatted(warmup.getName(), spec.name(), input.name()));
      }
      Shape shape = checkedShape(spec, warmup, input, given);
      room = room.subtract(cost(shape, input.type()));
      if (room.signum() < 0) {
        throw new ConfigException(
            "model_warmup '%s' of model '%s': with input '%s' of shape %s its inputs take more than %d bytes"
                .formatted(warmup.getName(), spec.name(), input.name(), shape, MAX_BYTES));
      }
      ByteString data = data(input.type(), (int) shape.elements(), given, random);
      inputs.add(
          new ModelInstance.Input(input.name(), input.type(), input.toModel(shape), List.of(data)));
    }
    return inputs;
  }

  private static Shape checkedShape(
      ModelSpec spec, ModelWarmup warmup, TensorSpec input, ModelWarmup.Input given)
      throws ConfigException {
    Shape shape = Shape.of(given.getDimsList());
    if (given.getDataType() != input.type().configured() || !input.shape().admits(shape)) {
      throw new ConfigException(
          "model_warmup '%s' of model '%s': input '%s' is %s %s, but the model wants %s %s"
              .formatted(
                  warmup.getName(),
                  spec.name(),
                  input.name(),
                  given.getDataType(),
                  shape,
                  input.type().configured(),
                  input.shape()));
    }
    return spec.hasRows() ? shape.withFirst(Math.max(1, warmup.getBatchSize())) : shape;
  }

  private static BigInteger cost(Shape shape, Datatype type) {
    return shape.toList().stream()
        .map(BigInteger::valueOf)
        .reduce(
            BigInteger.valueOf(type == Datatype.BYTES ? BYTES_ELEMENT_COST : type.sizeBytes()),
            BigInteger::multiply);
  }

  private static ByteString data(
      Datatype type, int elements, ModelWarmup.Input given, Random random) {
    if (type == Datatype.BYTES) {
      return BytesTensors.encode(Collections.nCopies(elements, ByteString.EMPTY));
    }
    byte[] bytes = new byte[elements * type.sizeBytes()];
    if (given.getRandomData()) {
      fillRandom(type, bytes, random);
    }
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** Small values: random bits would be NaN, or indexes outside of any table. */
  private static void fillRandom(Datatype type, byte[] bytes, Random random) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      switch (type) {
        case FP32 -> buffer.putFloat(random.nextFloat());
        case FP64 -> buffer.putDouble(random.nextDouble());
        case FP16 -> buffer.putShort(Float.floatToFloat16(random.nextFloat()));
        case BF16 -> buffer.putShort((short) (Float.floatToIntBits(random.nextFloat()) >>> 16));
        case INT16, UINT16 -> buffer.putShort((short) random.nextInt(2));
        case INT32, UINT32 -> buffer.putInt(random.nextInt(2));
        case INT64, UINT64 -> buffer.putLong(random.nextInt(2));
        case BOOL, INT8, UINT8, BYTES -> buffer.put((byte) random.nextInt(2));
      }
    }
  }
}
