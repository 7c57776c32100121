package io.trawl.workers.server.edge;

import static io.trawl.workers.server.TestClient.floats;
import static io.trawl.workers.server.TestClient.longs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import io.trawl.workers.server.TestClient.Infer;
import io.trawl.workers.server.repository.DimLimits;
import io.trawl.workers.server.repository.ModelSpec;
import io.trawl.workers.server.run.BatchingPolicy;
import io.trawl.workers.server.run.BatchingPolicy.QueuePolicy;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.CallFailure.Code;
import io.trawl.workers.server.run.ModelTensor;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.server.run.Shape;
import io.trawl.workers.server.run.TensorSpec;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.tensors.InvalidTensors;
import io.trawl.workers.tensors.TypedContents;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * A request either fits its model or is refused with words that say why. At stake: whatever passes
 * here is handed to native code, which trusts shapes and sizes.
 */
final class RequestReaderTest {
  private static final BatchingPolicy POLICY =
      BatchingPolicy.unbatched(new QueuePolicy(1, false, 0, false));

  private static final DimLimits DIMS = new DimLimits(100, Map.of("X", 3), Map.of());

  /** Two inputs, IDS INT64 [-1] and X FP32 [-1,2], and two outputs. */
  private static final ModelSpec BATCHED = spec("m", 4);

  private static final ModelSpec UNBATCHED = spec("m", 0);

  /** One input, S BYTES [-1]. */
  private static final ModelSpec TEXTS =
      new ModelSpec(
          "s",
          "onnxruntime_onnx",
          4,
          List.of(new TensorSpec("S", Datatype.BYTES, Shape.of(-1))),
          List.of(),
          DIMS,
          POLICY,
          ModelConfig.getDefaultInstance());

  /** The same where the model calls the first open dimension of both by one name. */
  private static final ModelSpec NAMED =
      spec(
          "m",
          4,
          new DimLimits(
              100, Map.of(), Map.of("IDS", List.of("length"), "X", List.of("length", ""))));

  private static ModelSpec spec(String name, int maxBatchSize) {
    return spec(name, maxBatchSize, DIMS);
  }

  private static ModelSpec spec(String name, int maxBatchSize, DimLimits dims) {
    return new ModelSpec(
        name,
        "onnxruntime_onnx",
        maxBatchSize,
        List.of(
            new TensorSpec("IDS", Datatype.INT64, Shape.of(-1)),
            new TensorSpec("X", Datatype.FP32, Shape.of(-1, 2))),
        List.of(
            new TensorSpec("Y", Datatype.FP32, Shape.of(2)),
            new TensorSpec("Z", Datatype.FP32, Shape.of(2))),
        dims,
        POLICY,
        ModelConfig.getDefaultInstance());
  }

  private static Infer good() {
    return Infer.of("m")
        .input("X", "FP32", floats(1, 2, 3, 4), 2, 1, 2)
        .input("IDS", "INT64", longs(5, 6), 2, 1);
  }

  private static ModelInferRequest changed(UnaryOperator<ModelInferRequest.Builder> change) {
    return change.apply(good().builder()).build();
  }

  private static ModelInferRequest changedX(Consumer<InferInputTensor.Builder> change) {
    return changed(
        request -> {
          change.accept(request.getInputsBuilder(0));
          return request;
        });
  }

  private static ModelInferRequest with(String parameter, InferParameter value) {
    return changed(request -> request.putParameters(parameter, value));
  }

  private static void assertRefused(String expected, ModelInferRequest request) {
    assertRefused(Code.INVALID_ARGUMENT, expected, request, BATCHED);
  }

  private static void assertRefused(
      Code code, String expected, ModelInferRequest request, ModelSpec spec) {
    CallFailure failure =
        assertThrows(RequestException.class, () -> RequestReader.read(request, spec)).failure();
    assertEquals(expected, failure.message());
    assertEquals(code, failure.code());
  }

  @Test
  void dimensionsOfOneNameAreEqual() {
    assertEquals(2, RequestReader.read(good().build(), NAMED).rows());
    assertRefused(
        Code.INVALID_ARGUMENT,
        "input 'X' for model 'm' has shape [2,2,2], but dimension 1 is 'length' of the model, which"
            + " is 1 in input 'IDS'. Expected 1",
        Infer.of("m")
            .input("X", "FP32", floats(1, 2, 3, 4, 5, 6, 7, 8), 2, 2, 2)
            .input("IDS", "INT64", longs(5, 6), 2, 1)
            .build(),
        NAMED);
  }

  @Test
  void readsInputsInTheModelsOrder() {
    RequestReader.Read read = RequestReader.read(good().build(), BATCHED);
    assertEquals(List.of("IDS", "X"), read.inputs().stream().map(ModelTensor::name).toList());
    assertEquals(longs(5, 6), read.inputs().get(0).data());
    assertEquals(floats(1, 2, 3, 4), read.inputs().get(1).data());
    assertEquals(2, read.rows());
    assertEquals(List.of("Y", "Z"), read.outputs());
  }

  @Test
  void theKindIsTheShapeBeyondTheBatch() {
    Object two = RequestReader.read(good().build(), BATCHED).kind(true);
    ModelInferRequest one =
        Infer.of("m")
            .input("IDS", "INT64", longs(5), 1, 1)
            .input("X", "FP32", floats(1, 2), 1, 1, 2)
            .build();
    ModelInferRequest longer =
        Infer.of("m")
            .input("IDS", "INT64", longs(5, 5), 1, 2)
            .input("X", "FP32", floats(1, 2, 1, 2), 1, 2, 2)
            .build();
    assertEquals(two, RequestReader.read(one, BATCHED).kind(true));
    assertNotEquals(two, RequestReader.read(longer, BATCHED).kind(true));
  }

  @Test
  void outputsMayBeChosen() {
    assertEquals(List.of("Z"), RequestReader.read(good().output("Z").build(), BATCHED).outputs());
    assertRefused("unexpected inference output 'Q' for model 'm'", good().output("Q").build());
    assertEquals(
        List.of("Y"),
        RequestReader.read(good().output("Y").output("Y").build(), BATCHED).outputs());
  }

  @Test
  void refusesInputsThatAreNotTheModels() {
    assertRefused(
        "expected 2 inputs but got 1 inputs for model 'm'. Got inputs ['X'], but missing required"
            + " inputs ['IDS']. Please provide all required inputs.",
        Infer.of("m").input("X", "FP32", floats(1, 2), 1, 1, 2).build());
    assertRefused(
        "expected 2 inputs but got 3 inputs for model 'm'. Got inputs ['IDS','MORE','X'], but"
            + " missing required inputs []. Please provide all required inputs.",
        good().input("MORE", "FP32", floats(1), 2, 1).build());
    assertRefused(
        "unexpected inference input 'Q' for model 'm'", changedX(input -> input.setName("Q")));
    assertRefused("input 'IDS' already exists in request", changedX(input -> input.setName("IDS")));
  }

  @Test
  void refusesBatchesThatDoNotFit() {
    assertRefused(
        "inference request batch-size must be <= 4 for 'm'",
        Infer.of("m")
            .input("IDS", "INT64", longs(1, 2, 3, 4, 5), 5, 1)
            .input("X", "FP32", floats(1, 2, 3, 4, 5, 6, 7, 8, 9, 0), 5, 1, 2)
            .build());
    assertRefused(
        "input byte size mismatch for input 'IDS' for model 'm'. Expected 8, got 0",
        Infer.of("m")
            .input("IDS", "INT64", ByteString.EMPTY, 0, 1)
            .input("X", "FP32", ByteString.EMPTY, 0, 1, 2)
            .build());
    assertRefused(
        "inference request batch-size must be >= 1 for 'm', got shape [0,0] for input 'IDS'",
        Infer.of("m")
            .input("IDS", "INT64", ByteString.EMPTY, 0, 0)
            .input("X", "FP32", ByteString.EMPTY, 0, 1, 2)
            .build());
    assertRefused(
        Code.INVALID_ARGUMENT,
        "expected 3 string elements for inference input 'S' for model 's', got 0",
        Infer.of("s").input("S", "BYTES", ByteString.EMPTY, 0, 3).build(),
        TEXTS);
    assertRefused(
        "input 'X' batch size does not match other inputs for 'm'",
        changedX(input -> input.setShape(0, 1)));
    assertRefused(
        "input 'X' has no shape but model requires batch dimension for 'm'",
        changedX(InferInputTensor.Builder::clearShape));
  }

  @Test
  void refusesShapesThatDoNotFit() {
    assertRefused(
        "unexpected shape for input 'X' for model 'm'. Expected [-1,-1,2], got [2,1,3]. NOTE: the"
            + " first dimension is the batch.",
        changedX(input -> input.setShape(2, 3)));
    assertRefused(
        "unexpected shape for input 'X' for model 'm'. Expected [-1,-1,2], got [2,1]. NOTE: the"
            + " first dimension is the batch.",
        changedX(input -> input.clearShape().addShape(2).addShape(1)));
    assertRefused(
        "All input dimensions should be specified for input 'X' for model 'm', got [2,-1,2]",
        changedX(input -> input.setShape(1, -1)));
    assertRefused(
        Code.INVALID_ARGUMENT,
        "unexpected shape for input 'X' for model 'm'. Expected [-1,2], got [2,1,2].",
        changed(
            request -> {
              request.getInputsBuilder(1).clearShape().addShape(2);
              return request;
            }),
        UNBATCHED);
  }

  @Test
  void refusesShapesThatOverflow() {
    for (long huge : new long[] {1L << 31, 1L << 61, 1L << 62, Long.MAX_VALUE}) {
      assertRefused(
          "input 'X' of shape [2," + huge + ",2] is too large",
          changedX(input -> input.setShape(1, huge)));
    }
    // A zero must not hide the overflow before it.
    assertThrows(
        ArithmeticException.class, () -> Shape.of(Long.MAX_VALUE, Long.MAX_VALUE, 0).elements());
  }

  @Test
  void refusesSizesThatLie() {
    assertRefused(
        "input byte size mismatch for input 'X' for model 'm'. Expected 16, got 12",
        changed(request -> request.setRawInputContents(0, floats(1, 2, 3))));
    assertRefused(
        "input byte size mismatch for input 'X' for model 'm'. Expected 16, got 20",
        changed(request -> request.setRawInputContents(0, floats(1, 2, 3, 4, 5))));
    assertRefused(
        "unable to find data for input tensor 'IDS' for model 'm' in request.",
        changed(
            request -> request.clearRawInputContents().addRawInputContents(floats(1, 2, 3, 4))));
    assertRefused(
        "contents field must not be specified when using raw_input_contents for 'X' for model 'm'",
        changedX(input -> input.setContents(InferTensorContents.getDefaultInstance())));
  }

  @Test
  void refusesOtherTypes() {
    assertRefused(
        "inference input 'X' data-type is 'INT64', but model 'm' expects 'FP32'",
        changedX(input -> input.setDatatype("INT64")));
    assertRefused(
        "inference input 'X' data-type is '<invalid>', but model 'm' expects 'FP32'",
        changedX(input -> input.setDatatype("float")));
  }

  @Test
  void readsTypedContents() {
    ModelInferRequest typed =
        changed(
            request -> {
              request.clearRawInputContents();
              request
                  .getInputsBuilder(0)
                  .getContentsBuilder()
                  .addAllFp32Contents(List.of(1f, 2f, 3f, 4f));
              request.getInputsBuilder(1).getContentsBuilder().addAllInt64Contents(List.of(5L, 6L));
              return request;
            });
    RequestReader.Read read = RequestReader.read(typed, BATCHED);
    assertEquals(longs(5, 6), read.inputs().get(0).data());
    assertEquals(floats(1, 2, 3, 4), read.inputs().get(1).data());
  }

  @Test
  void refusesTypedContentsThatDoNotFit() {
    ModelInferRequest.Builder short3 = good().builder().clearRawInputContents();
    short3.getInputsBuilder(1).getContentsBuilder().addAllInt64Contents(List.of(5L, 6L));
    short3.getInputsBuilder(0).getContentsBuilder().addAllFp32Contents(List.of(1f, 2f, 3f));
    assertRefused(
        "input byte size mismatch for input 'X' for model 'm'. Expected 16, got 12",
        short3.build());
    short3.getInputsBuilder(0).getContentsBuilder().addIntContents(1);
    assertRefused(
        "unexpected explicit tensor data for input tensor 'X' for model 'm' of type 'INT32',"
            + " expected datatype 'FP32'",
        short3.build());
    short3.getInputsBuilder(0).clearContents();
    assertRefused(
        "unable to find data for input tensor 'X' for model 'm' in request.", short3.build());
  }

  @Test
  void readsTheTimeout() {
    InferParameter micros = InferParameter.newBuilder().setInt64Param(250).build();
    assertEquals(250_000, RequestReader.read(with("timeout", micros), BATCHED).timeoutNanos());
    assertRefused(
        "invalid value type for 'timeout' parameter, expected int64_param, got string_param.",
        with("timeout", InferParameter.newBuilder().setStringParam("250").build()));
    InferParameter past = InferParameter.newBuilder().setInt64Param(-1).build();
    assertEquals(0, RequestReader.read(with("timeout", past), BATCHED).timeoutNanos());
  }

  @Test
  void refusesParametersThatItCannotHonour() {
    InferParameter one = InferParameter.newBuilder().setInt64Param(1).build();
    assertRefused(
        "invalid value type for 'sequence_start' parameter, expected bool_param, got int64_param.",
        with("sequence_start", one));
    assertRefused(
        "parameter keys starting with 'triton_' are reserved for Triton usage and should not be"
            + " specified, got 'triton_x'",
        with("triton_x", one));
    assertRefused(
        Code.UNIMPLEMENTED,
        "input 'X': parameter 'shared_memory_region' is not served by this worker",
        changedX(input -> input.putParameters("shared_memory_region", one)),
        BATCHED);
    assertEquals(2, RequestReader.read(with("my_own", one), BATCHED).rows());
    assertEquals(2, RequestReader.read(with("sequence_id", one), BATCHED).rows());
    assertEquals(2, RequestReader.read(with("priority", one), BATCHED).rows());
  }

  @Test
  void smallIntegersMustFit() {
    for (Object[] bad :
        new Object[][] {
          {Datatype.INT8, 128}, {Datatype.INT8, -129}, {Datatype.INT16, 1 << 15},
        }) {
      Datatype type = (Datatype) bad[0];
      InferTensorContents contents =
          InferTensorContents.newBuilder().addIntContents((Integer) bad[1]).build();
      InvalidTensors refused =
          assertThrows(
              InvalidTensors.class, () -> TypedContents.toRaw("X", "m", type, contents, 1));
      assertEquals("input 'X'[0]: " + bad[1] + " does not fit " + type, refused.getMessage());
    }
    InferTensorContents large = InferTensorContents.newBuilder().addUintContents(-1).build();
    InvalidTensors refused =
        assertThrows(
            InvalidTensors.class, () -> TypedContents.toRaw("X", "m", Datatype.UINT16, large, 1));
    assertEquals("input 'X'[0]: 4294967295 does not fit UINT16", refused.getMessage());
  }

  @Test
  void refusesBytesThatAreNotWellFormed() {
    ModelSpec strings =
        new ModelSpec(
            "s",
            "onnxruntime_onnx",
            0,
            List.of(new TensorSpec("S", Datatype.BYTES, Shape.of(-1))),
            List.of(),
            DIMS,
            POLICY,
            ModelConfig.getDefaultInstance());
    ByteString two =
        BytesTensors.encode(List.of(ByteString.copyFromUtf8("a"), ByteString.copyFromUtf8("")));
    assertEquals(
        two,
        RequestReader.read(Infer.of("s").input("S", "BYTES", two, 2).build(), strings)
            .inputs()
            .getFirst()
            .data());
    assertStrings(
        strings, "expected 3 string elements for inference input 'S' for model 's', got 2", two, 3);
    assertStrings(
        strings,
        "unexpected number of string elements 2 for inference input 'S' for model 's', expecting 1",
        two,
        1);
    assertStrings(
        strings,
        "incomplete string length indicator for inference input 'S', expecting 4 bytes but only 3"
            + " bytes available",
        two.substring(0, 8),
        2);
    assertStrings(
        strings,
        "incomplete string data for inference input 'S', expecting string of length 4294967295 but"
            + " only 1 bytes available",
        ByteString.copyFrom(new byte[] {-1, -1, -1, -1, 1}),
        1);
  }

  @Test
  void refusesOpenDimensionsThatAreTooLong() {
    ByteString ids = ByteString.copyFrom(new byte[8 * 101]);
    ByteString x = ByteString.copyFrom(new byte[8 * 4]);
    String tail = " but this worker takes at most %d in a dimension that the model leaves open";
    assertRefused(
        Code.INVALID_ARGUMENT,
        "input 'IDS' for model 'm' has shape [1,101]," + tail.formatted(100),
        Infer.of("m")
            .input("IDS", "INT64", ids, 1, 101)
            .input("X", "FP32", x.substring(0, 8), 1, 1, 2)
            .build(),
        BATCHED);
    assertRefused(
        Code.INVALID_ARGUMENT,
        "input 'X' for model 'm' has shape [1,4,2]," + tail.formatted(3),
        Infer.of("m")
            .input("IDS", "INT64", ids.substring(0, 8 * 100), 1, 100)
            .input("X", "FP32", x, 1, 4, 2)
            .build(),
        BATCHED);
    // Neither the batch nor what the model fixes is an open dimension.
    RequestReader.read(
        Infer.of("m")
            .input("IDS", "INT64", ids.substring(0, 8 * 4), 4, 1)
            .input("X", "FP32", x, 4, 1, 2)
            .build(),
        BATCHED);
  }

  private static void assertStrings(ModelSpec spec, String expected, ByteString raw, long count) {
    assertRefused(
        Code.INVALID_ARGUMENT,
        expected,
        Infer.of("s").input("S", "BYTES", raw, count).build(),
        spec);
  }
}
