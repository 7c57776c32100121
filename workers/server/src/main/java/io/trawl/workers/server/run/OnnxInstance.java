package io.trawl.workers.server.run;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.wire.NanoClock;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An ONNX Runtime session on the CPU.
 *
 * <p>Inputs are gathered into direct buffers that the instance keeps and grows, one per input, and
 * that ONNX Runtime reads in place. Outputs are copied once out of its memory into an array that
 * the answers of all requests of the batch share.
 */
public final class OnnxInstance implements ModelInstance {
  private static final int SMALLEST_BUFFER_BYTES = 4096;

  /** Buffers beyond this are made for a run and gone with it. */
  private static final int LARGEST_BUFFER_BYTES = 1 << 20;

  /** What a string costs on its way out of a model, be it empty. */
  private static final int BYTES_ELEMENT_COST = 64;

  /** Of ONNX Runtime's options of a run: the arenas that give back at its end. */
  private static final String SHRINKAGE = "memory.enable_memory_arena_shrinkage";

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final long memoryBytes;
  private final NanoClock ticker;
  private final ArenaUse arena;
  private final List<TensorSpec> inputs;
  private final Map<String, List<String>> dimensionNames;
  private final List<TensorSpec> outputs;
  private final Map<String, ByteBuffer> buffers = new HashMap<>();
  private final Map<Datatype, UnsignedCast> casts = new EnumMap<>(Datatype.class);

  private OnnxInstance(
      OrtEnvironment environment, OrtSession session, long memoryBytes, NanoClock ticker)
      throws OrtException, BackendException {
    this.environment = environment;
    this.session = session;
    this.memoryBytes = memoryBytes;
    this.ticker = ticker;
    this.arena = new ArenaUse(ticker.nanos());
    this.inputs = specs("input", session.getInputInfo().values());
    this.dimensionNames = dimensionNames(session.getInputInfo().values());
    this.outputs = specs("output", session.getOutputInfo().values());
  }

  /**
   * Opens a model file with its own session and, for each operator, the given threads.
   *
   * @param memoryBytes what all runs of this process may take together; the first call decides
   */
  public static OnnxInstance open(Path file, int intraOpThreads, long memoryBytes, NanoClock ticker)
      throws BackendException {
    OnnxNames.check(file);
    try {
      OrtEnvironment environment =
          OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING, "trawl-worker");
      environment.setTelemetry(false);
      long bounded = OnnxMemory.bounded(environment, memoryBytes);
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(intraOpThreads);
        options.setInterOpNumThreads(1);
        // A plan of memory would be kept for each shape that ever came, and callers choose shapes.
        options.setMemoryPatternOptimization(false);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        options.addConfigEntry("session.use_env_allocators", "1");
        options.addConfigEntry("session.use_device_allocator_for_initializers", "1");
        return opened(
            environment, environment.createSession(file.toString(), options), bounded, ticker);
      }
    } catch (OrtException e) {
      throw new BackendException("ONNX Runtime cannot open " + file + ": " + e.getMessage(), e);
    }
  }

  private static OnnxInstance opened(
      OrtEnvironment environment, OrtSession session, long memoryBytes, NanoClock ticker)
      throws OrtException, BackendException {
    try {
      OnnxInstance instance = new OnnxInstance(environment, session, memoryBytes, ticker);
      instance.openCasts();
      return instance;
    } catch (OrtException | BackendException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private void openCasts() throws OrtException {
    for (TensorSpec input : inputs) {
      if (UnsignedCast.makes(input.type()) && !casts.containsKey(input.type())) {
        casts.put(input.type(), UnsignedCast.open(environment, input.type()));
      }
    }
  }

  private static List<TensorSpec> specs(String direction, Collection<NodeInfo> nodes)
      throws BackendException {
    List<TensorSpec> specs = new ArrayList<>(nodes.size());
    for (NodeInfo node : nodes) {
      if (!(node.getInfo() instanceof TensorInfo info)) {
        throw new BackendException(
            "%s '%s' of the ONNX file is not a tensor but %s"
                .formatted(direction, node.getName(), node.getInfo().getClass().getSimpleName()));
      }
      Datatype type =
          typeOf(info)
              .orElseThrow(
                  () ->
                      new BackendException(
                          "%s '%s' of the ONNX file has type %s, which this worker does not serve"
                              .formatted(direction, node.getName(), info.onnxType)));
      specs.add(new TensorSpec(node.getName(), type, Shape.of(info.getShape())));
    }
    return List.copyOf(specs);
  }

  private static Map<String, List<String>> dimensionNames(Collection<NodeInfo> nodes) {
    Map<String, List<String>> names = new HashMap<>();
    for (NodeInfo node : nodes) {
      if (node.getInfo() instanceof TensorInfo info) {
        names.put(node.getName(), List.of(info.getDimensionNames()));
      }
    }
    return Map.copyOf(names);
  }

  @Override
  public List<String> dimensionNames(String input) {
    return dimensionNames.getOrDefault(input, List.of());
  }

  private static Optional<Datatype> typeOf(TensorInfo info) {
    return switch (info.onnxType) {
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> Optional.of(Datatype.BOOL);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> Optional.of(Datatype.UINT8);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> Optional.of(Datatype.UINT16);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> Optional.of(Datatype.UINT32);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> Optional.of(Datatype.UINT64);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> Optional.of(Datatype.INT8);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> Optional.of(Datatype.INT16);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> Optional.of(Datatype.INT32);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> Optional.of(Datatype.INT64);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> Optional.of(Datatype.FP16);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> Optional.of(Datatype.FP32);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> Optional.of(Datatype.FP64);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> Optional.of(Datatype.BF16);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> Optional.of(Datatype.BYTES);
      default -> Optional.empty();
    };
  }

  /** The type by which a tensor is made, but for those that {@link UnsignedCast} makes. */
  private static OnnxJavaType javaType(Datatype type) {
    return switch (type) {
      case BOOL -> OnnxJavaType.BOOL;
      case UINT8 -> OnnxJavaType.UINT8;
      case INT8 -> OnnxJavaType.INT8;
      case INT16 -> OnnxJavaType.INT16;
      case INT32 -> OnnxJavaType.INT32;
      case INT64 -> OnnxJavaType.INT64;
      case FP16 -> OnnxJavaType.FLOAT16;
      case FP32 -> OnnxJavaType.FLOAT;
      case FP64 -> OnnxJavaType.DOUBLE;
      case BF16 -> OnnxJavaType.BFLOAT16;
      case BYTES -> OnnxJavaType.STRING;
      case UINT16, UINT32, UINT64 ->
          throw new IllegalArgumentException(type + " has no type in Java");
    };
  }

  @Override
  public List<TensorSpec> inputs() {
    return inputs;
  }

  @Override
  public List<TensorSpec> outputs() {
    return outputs;
  }

  @Override
  public Run run(List<Input> batch, List<String> outputNames, RunStop stop)
      throws BackendException {
    long start = ticker.nanos();
    try (Arena large = Arena.ofConfined();
        OrtSession.RunOptions options = new OrtSession.RunOptions()) {
      // It would write a line of its own for each run that fails, which callers can cause.
      options.setLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      if (arena.givesBack(bytes(batch), start)) {
        options.addRunConfigEntry(SHRINKAGE, "cpu:0");
      }
      stop.begin(() -> terminate(options));
      try {
        return run(batch, outputNames, start, large, options);
      } finally {
        stop.end();
      }
    } catch (OrtException e) {
      throw OnnxFailures.ofRun(e, memoryBytes);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new BackendException(
          BackendException.Fault.RUN, "the model's inputs or outputs cannot be passed on", e);
    }
  }

  private Run run(
      List<Input> batch,
      List<String> outputNames,
      long start,
      Arena large,
      OrtSession.RunOptions options)
      throws OrtException, BackendException {
    Map<String, OnnxTensor> feed = LinkedHashMap.newLinkedHashMap(batch.size());
    try {
      for (Input input : batch) {
        feed.put(input.name(), tensor(input, large));
      }
      long laidOut = ticker.nanos();
      try (OrtSession.Result result =
          session.run(feed, new LinkedHashSet<>(outputNames), options)) {
        long ran = ticker.nanos();
        checkSizes(result);
        List<ModelTensor> taken = new ArrayList<>(outputNames.size());
        for (int i = 0; i < outputNames.size(); i++) {
          taken.add(takeOver(outputNames.get(i), result.get(i)));
        }
        return new Run(taken, laidOut - start, ran - laidOut, ticker.nanos() - ran);
      }
    } finally {
      feed.values().forEach(OnnxTensor::close);
    }
  }

  private static void terminate(OrtSession.RunOptions options) {
    try {
      options.setTerminate(true);
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime does not take a termination", e);
    }
  }

  private OnnxTensor tensor(Input input, Arena large) throws OrtException {
    long[] shape = input.shape().toArray();
    if (input.type() == Datatype.BYTES) {
      return OnnxStrings.tensor(environment, strings(input), shape);
    }
    UnsignedCast cast = casts.get(input.type());
    return cast == null
        ? OnnxTensor.createTensor(environment, gather(input, large), shape, javaType(input.type()))
        : cast.tensor(gather(input, large), shape);
  }

  private static long bytes(List<Input> batch) {
    return batch.stream().mapToLong(OnnxInstance::bytes).sum();
  }

  private static long bytes(Input input) {
    long bytes = 0;
    for (ByteString part : input.parts()) {
      bytes += part.size();
    }
    return bytes;
  }

  private ByteBuffer gather(Input input, Arena large) {
    int bytes = Math.toIntExact(bytes(input));
    ByteBuffer buffer =
        bytes > LARGEST_BUFFER_BYTES
            ? large.allocate(bytes, Long.BYTES).asByteBuffer().order(ByteOrder.nativeOrder())
            : buffer(input.name(), bytes);
    for (ByteString part : input.parts()) {
      part.copyTo(buffer);
    }
    return buffer.flip();
  }

  private ByteBuffer buffer(String name, int bytes) {
    ByteBuffer kept = buffers.get(name);
    if (kept == null || kept.capacity() < bytes) {
      int capacity = Math.max(SMALLEST_BUFFER_BYTES, roundUp(bytes));
      kept = ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
      buffers.put(name, kept);
    }
    return kept.clear();
  }

  private static int roundUp(int bytes) {
    return Integer.highestOneBit(Math.max(1, bytes - 1)) << 1;
  }

  private static List<ByteString> strings(Input input) {
    List<ByteString> strings = new ArrayList<>(Math.toIntExact(input.shape().elements()));
    input.parts().forEach(part -> strings.addAll(BytesTensors.elements(part)));
    return strings;
  }

  /** What a model makes of a small request may be any size; the heap is not. */
  private static void checkSizes(OrtSession.Result result) throws BackendException {
    long most = Runtime.getRuntime().maxMemory() / 4;
    double bytes = 0;
    for (Map.Entry<String, OnnxValue> each : result) {
      if (each.getValue() instanceof OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        double elements = 1;
        for (long dim : info.getShape()) {
          elements *= dim;
        }
        int cost = typeOf(info).map(OnnxInstance::cost).orElse(1);
        bytes += elements * cost;
      }
    }
    if (bytes > Math.min(most, Integer.MAX_VALUE - 64)) {
      throw new BackendException(
          BackendException.Fault.INPUT,
          "the model makes %.0f bytes of this, more than the %d that this worker takes"
              .formatted(bytes, most),
          null);
    }
  }

  private static int cost(Datatype type) {
    return type == Datatype.BYTES ? BYTES_ELEMENT_COST : type.sizeBytes();
  }

  private static ModelTensor takeOver(String name, OnnxValue value)
      throws OrtException, BackendException {
    if (!(value instanceof OnnxTensor tensor)) {
      throw new BackendException("output '" + name + "' is not a tensor");
    }
    TensorInfo info = tensor.getInfo();
    Shape shape = Shape.of(info.getShape());
    Datatype type =
        typeOf(info)
            .orElseThrow(
                () -> new BackendException("output '" + name + "' has type " + info.onnxType));
    int elements = Math.toIntExact(shape.elements());
    if (elements == 0) {
      return new ModelTensor(name, type, shape, ByteString.EMPTY);
    }
    if (type == Datatype.BYTES) {
      ByteString data = BytesTensors.encode(OnnxStrings.elements(tensor, elements));
      return new ModelTensor(name, type, shape, data);
    }
    return new ModelTensor(
        name, type, shape, UnsafeByteOperations.unsafeWrap(tensor.getByteBuffer()));
  }

  @Override
  public void close() {
    try {
      for (UnsignedCast cast : casts.values()) {
        cast.close();
      }
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime did not close a session", e);
    }
  }
}
