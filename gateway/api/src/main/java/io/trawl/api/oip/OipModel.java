package io.trawl.api.oip;

import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelInput;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelMetadataResponse.TensorMetadata;
import io.trawl.workers.protocol.ModelOutput;
import io.trawl.workers.tensors.Datatype;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The pipeline described as one model of the Open Inference Protocol. docs/api/oip.md says what
 * each tensor means.
 */
final class OipModel {

  static final String NAME = "trawl";
  static final String PLATFORM = "trawl";

  /** What metrics and logs call the protocol, over HTTP and gRPC. */
  static final String PROTOCOL = "oip";

  /** Of an input or output whose length the request decides. */
  private static final long ANY = -1;

  private OipModel() {}

  /** What a request may bring. */
  enum In {
    REQUEST("request", Datatype.BYTES, 1),
    OBJECTIVE("objective", Datatype.BYTES, ANY),
    TEXT("text", Datatype.BYTES, ANY),
    USER_ID("user_id", Datatype.BYTES, 1),
    HISTORY_ITEMS("history_items", Datatype.BYTES, ANY),
    HISTORY_ACTIONS("history_actions", Datatype.BYTES, ANY),
    HISTORY_TIMES("history_times", Datatype.INT64, ANY),
    K("k", Datatype.INT32, 1),
    EXCLUDED_ITEMS("excluded_items", Datatype.BYTES, ANY),
    EXCLUDE_HISTORY("exclude_history", Datatype.BOOL, 1),
    FILTER("filter", Datatype.BYTES, 1);

    final String tensor;
    final Datatype datatype;

    /** How many elements, or {@link #ANY}. */
    final long size;

    In(String tensor, Datatype datatype, long size) {
      this.tensor = tensor;
      this.datatype = datatype;
      this.size = size;
    }

    static Optional<In> named(String name) {
      return Arrays.stream(values()).filter(input -> input.tensor.equals(name)).findFirst();
    }
  }

  /** What an answer has. */
  enum Out {
    ITEM_IDS("item_ids", Datatype.BYTES, 2),
    TITLES("titles", Datatype.BYTES, 2),
    SCORES("scores", Datatype.FP32, 2),
    COUNTS("counts", Datatype.INT32, 1),
    ANSWER("answer", Datatype.BYTES, 0);

    final String tensor;
    final Datatype datatype;

    /**
     * How many dimensions the request decides: rows, and their width. None: there is one element.
     */
    private final int open;

    Out(String tensor, Datatype datatype, int open) {
      this.tensor = tensor;
      this.datatype = datatype;
      this.open = open;
    }

    private List<Long> dims() {
      return open == 0 ? List.of(1L) : Collections.nCopies(open, ANY);
    }

    static Optional<Out> named(String name) {
      return Arrays.stream(values()).filter(output -> output.tensor.equals(name)).findFirst();
    }
  }

  /**
   * @param version of the space that answers now
   */
  static ModelMetadataResponse metadata(long version) {
    var metadata =
        ModelMetadataResponse.newBuilder()
            .setName(NAME)
            .addVersions(Long.toString(version))
            .setPlatform(PLATFORM);
    for (var input : In.values()) {
      metadata.addInputs(described(input.tensor, input.datatype, List.of(input.size)));
    }
    for (var output : Out.values()) {
      metadata.addOutputs(described(output.tensor, output.datatype, output.dims()));
    }
    return metadata.build();
  }

  private static TensorMetadata described(String name, Datatype datatype, List<Long> shape) {
    return TensorMetadata.newBuilder()
        .setName(name)
        .setDatatype(datatype.name())
        .addAllShape(shape)
        .build();
  }

  /** As Triton would read it from a file: no batch dimension, every input optional. */
  static ModelConfig config() {
    var config = ModelConfig.newBuilder().setName(NAME).setPlatform(PLATFORM).setMaxBatchSize(0);
    for (var input : In.values()) {
      config.addInput(
          ModelInput.newBuilder()
              .setName(input.tensor)
              .setDataType(input.datatype.configured())
              .addDims(input.size)
              .setOptional(true));
    }
    for (var output : Out.values()) {
      config.addOutput(
          ModelOutput.newBuilder()
              .setName(output.tensor)
              .setDataType(output.datatype.configured())
              .addAllDims(output.dims()));
    }
    return config.build();
  }
}
