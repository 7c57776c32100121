package io.trawl.workers.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.wire.GrpcFrame;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Our bytes against protobuf's own, message by message. */
class InferCodecTest {

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  InferCodecTest() {
    System.out.println("InferCodecTest seed " + seed);
  }

  @Test
  void aRequestIsBitByBitWhatProtobufWrites() {
    for (int i = 0; i < 300; i++) {
      InferCall call = randomCall();
      byte[] expected = plain(call).toByteArray();
      byte[] framed = GrpcFrame.of(InferCodec.request(call)).getBytes();
      assertEquals(0, framed[0], "flag");
      assertEquals(expected.length, Buffer.buffer(framed).getInt(1), "length");
      assertArrayEquals(
          expected, java.util.Arrays.copyOfRange(framed, 5, framed.length), "seed " + seed);
    }
  }

  @Test
  void anAnswerIsWhatProtobufReads() {
    for (int i = 0; i < 300; i++) {
      InferCall call = randomCall();
      ModelInferResponse sent = randomResponse(call);
      byte[] noise = new byte[random.nextInt(9)];
      byte[] bytes = ByteString.copyFrom(noise).concat(sent.toByteString()).toByteArray();
      var received = new HeapBytes(bytes, noise.length, bytes.length - noise.length);
      Inferred answer =
          assertInstanceOf(Inferred.class, InferCodec.answer(call, received), "seed " + seed);

      assertEquals(sent.getModelVersion(), answer.version());
      assertEquals(sent.getOutputsCount(), answer.outputs().size());
      for (int o = 0; o < sent.getOutputsCount(); o++) {
        Tensor tensor = answer.outputs().get(o);
        assertEquals(sent.getOutputs(o).getName(), tensor.name());
        assertEquals(sent.getOutputs(o).getDatatype(), tensor.datatype().name());
        assertEquals(sent.getOutputs(o).getShapeList(), boxed(tensor.shape()));
        assertArrayEquals(
            sent.getRawOutputContents(o).toByteArray(), tensor.raw().getBytes(), "seed " + seed);
      }
      assertEquals(sent.getParametersMap().keySet(), answer.parameters().keySet());
    }
  }

  @Test
  void aTensorOfAnAnswerIsAWindowOnTheMessage() {
    var response =
        ModelInferResponse.newBuilder()
            .setModelName("m")
            .addRawOutputContents(ByteString.copyFrom(new byte[64 * 1024]));
    response.addOutputsBuilder().setName("y").setDatatype("FP32").addShape(16 * 1024);
    byte[] bytes = response.build().toByteArray();
    InferCall call = InferCall.of("m", "", Tensor.int64("x", new long[] {1}, 1));

    Inferred answer =
        assertInstanceOf(
            Inferred.class, InferCodec.answer(call, new HeapBytes(bytes, 0, bytes.length)));
    assertSame(bytes, HeapBytes.of(answer.outputs().getFirst().raw()).array());
  }

  @Test
  void typedContentsOfEveryTypeBecomeTheRawOnes() {
    assertTyped(
        Tensor.fp32("y", new long[] {2}, 1, -2),
        InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(-2));
    assertTyped(
        Tensor.fp64("y", new long[] {1}, 1.25),
        InferTensorContents.newBuilder().addFp64Contents(1.25));
    assertTyped(
        Tensor.int64("y", new long[] {1}, -3),
        InferTensorContents.newBuilder().addInt64Contents(-3));
    assertTyped(
        Tensor.int32("y", new long[] {1}, -3), InferTensorContents.newBuilder().addIntContents(-3));
    assertTyped(
        Tensor.bool("y", new long[] {2}, true, false),
        InferTensorContents.newBuilder().addBoolContents(true).addBoolContents(false));
    assertTyped(
        Tensor.text("y", new long[] {2}, "ab", ""),
        InferTensorContents.newBuilder()
            .addBytesContents(ByteString.copyFromUtf8("ab"))
            .addBytesContents(ByteString.EMPTY));
    assertTyped(raw(Datatype.INT8, -1), InferTensorContents.newBuilder().addIntContents(-1));
    assertTyped(raw(Datatype.UINT8, 255), InferTensorContents.newBuilder().addUintContents(255));
    assertTyped(
        raw(Datatype.INT16, 0x34, 0x12), InferTensorContents.newBuilder().addIntContents(0x1234));
    assertTyped(
        raw(Datatype.UINT16, 0xFF, 0xFF), InferTensorContents.newBuilder().addUintContents(0xFFFF));
    assertTyped(
        raw(Datatype.UINT32, 1, 0, 0, 0x80),
        InferTensorContents.newBuilder().addUintContents(0x8000_0001));
    assertTyped(
        raw(Datatype.UINT64, 2, 0, 0, 0, 0, 0, 0, 0),
        InferTensorContents.newBuilder().addUint64Contents(2));
  }

  @Test
  void typedContentsThatDoNotFitAreMalformed() {
    assertMalformed(
        "tensor 'y'[0]: 128 does not fit INT8",
        typed("INT8", InferTensorContents.newBuilder().addIntContents(128)));
    assertMalformed(
        "tensor 'y'[0]: 65536 does not fit UINT16",
        typed("UINT16", InferTensorContents.newBuilder().addUintContents(65_536)));
    assertMalformed(
        "tensor 'y': typed contents of FP64 (expected FP32)",
        typed("FP32", InferTensorContents.newBuilder().addFp64Contents(1)));
    assertMalformed(
        "tensor 'y' is BF16, which has no typed contents: send it raw",
        typed("BF16", InferTensorContents.newBuilder()));
    assertMalformed(
        "tensor 'y': type 'FP8' (expected one of the protocol)",
        typed("FP8", InferTensorContents.newBuilder()));
    assertMalformed(
        "tensor 'y': 8 raw bytes (expected 4, 4 bytes for each of 1 elements of FP32[1])",
        typed("FP32", InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2)));
  }

  @Test
  void noBytesMakeTheParserThrow() {
    InferCall call = randomCall();
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = randomResponse(call).toByteArray();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      int length = random.nextBoolean() ? bytes.length : random.nextInt(bytes.length + 1);
      InferOutcome outcome = InferCodec.answer(call, new HeapBytes(bytes, 0, length));
      assertTrue(
          outcome instanceof Inferred || outcome instanceof Failure.Malformed, "seed " + seed);
    }
  }

  private void assertTyped(Tensor expected, InferTensorContents.Builder contents) {
    ModelInferResponse response = typed(expected.datatype().name(), contents);
    var withShape = response.toBuilder();
    withShape.getOutputsBuilder(0).clearShape().addAllShape(boxed(expected.shape()));
    Inferred answer = assertInstanceOf(Inferred.class, answerOf(withShape.build()));
    assertEquals(expected, answer.outputs().getFirst());
  }

  private void assertMalformed(String message, ModelInferResponse response) {
    assertEquals(new Failure.Malformed(message), answerOf(response));
  }

  private static InferOutcome answerOf(ModelInferResponse response) {
    byte[] bytes = response.toByteArray();
    InferCall call = InferCall.of("m", "", Tensor.int64("x", new long[] {1}, 1));
    return InferCodec.answer(call, new HeapBytes(bytes, 0, bytes.length));
  }

  private static ModelInferResponse typed(String datatype, InferTensorContents.Builder contents) {
    var response = ModelInferResponse.newBuilder().setModelName("m");
    response
        .addOutputsBuilder()
        .setName("y")
        .setDatatype(datatype)
        .addShape(1)
        .setContents(contents);
    return response.build();
  }

  private static Tensor raw(Datatype datatype, int... bytes) {
    byte[] raw = new byte[bytes.length];
    for (int i = 0; i < raw.length; i++) {
      raw[i] = (byte) bytes[i];
    }
    return new Tensor("y", datatype, new long[] {1}, Buffer.buffer(raw));
  }

  private InferCall randomCall() {
    List<Tensor> inputs = new ArrayList<>();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      inputs.add(randomTensor("in" + i));
    }
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      parameters.put(word(), randomParameter());
    }
    List<String> outputs = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      outputs.add("out" + i);
    }
    return new InferCall(
        "m" + word(),
        random.nextBoolean() ? "" : "" + random.nextInt(9),
        random.nextBoolean() ? "" : word(),
        inputs,
        outputs,
        parameters);
  }

  private ModelInferResponse randomResponse(InferCall call) {
    var response =
        ModelInferResponse.newBuilder()
            .setModelName(call.model())
            .setModelVersion(call.version().isEmpty() ? "8" : call.version())
            .setId(call.id());
    List<String> names = new ArrayList<>(call.outputs());
    names.add("extra");
    for (String name : names) {
      Tensor tensor = randomTensor(name);
      response
          .addOutputsBuilder()
          .setName(name)
          .setDatatype(tensor.datatype().name())
          .addAllShape(boxed(tensor.shape()));
      response.addRawOutputContents(ByteString.copyFrom(tensor.raw().getBytes()));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      response.putParameters(word(), InferParameter.newBuilder().setInt64Param(i).build());
    }
    return response.build();
  }

  private Tensor randomTensor(String name) {
    long[] shape = new long[random.nextInt(4)];
    int elements = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = random.nextInt(5);
      elements *= (int) shape[i];
    }
    if (random.nextInt(6) == 0) {
      String[] strings = new String[elements];
      java.util.Arrays.setAll(strings, _ -> word());
      return Tensor.text(name, shape, strings);
    }
    Datatype[] types = Datatype.values();
    Datatype type = types[random.nextInt(types.length - 1)];
    byte[] raw = new byte[elements * type.sizeBytes()];
    random.nextBytes(raw);
    // Not always at the start of an array, and not always in one that a view can see.
    Buffer buffer =
        random.nextBoolean()
            ? Buffer.buffer(raw)
            : Buffer.buffer("ab").appendBytes(raw).slice(2, 2 + raw.length);
    return new Tensor(name, type, shape, buffer);
  }

  private Parameter randomParameter() {
    return switch (random.nextInt(5)) {
      case 0 -> new Parameter.Flag(random.nextBoolean());
      case 1 -> new Parameter.Whole(random.nextLong());
      case 2 -> new Parameter.Unsigned(random.nextLong());
      case 3 -> new Parameter.Real(random.nextGaussian());
      default -> new Parameter.Text(word());
    };
  }

  private String word() {
    return random
        .ints(random.nextInt(12), 'a', 'z' + 40)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** The request as one writes it with protobuf alone. */
  private static ModelInferRequest plain(InferCall call) {
    var request =
        ModelInferRequest.newBuilder()
            .setModelName(call.model())
            .setModelVersion(call.version())
            .setId(call.id());
    call.parameters()
        .forEach(
            (name, value) -> {
              var parameter = InferParameter.newBuilder();
              if (value instanceof Parameter.Flag flag) {
                parameter.setBoolParam(flag.value());
              } else if (value instanceof Parameter.Whole whole) {
                parameter.setInt64Param(whole.value());
              } else if (value instanceof Parameter.Unsigned unsigned) {
                parameter.setUint64Param(unsigned.value());
              } else if (value instanceof Parameter.Real real) {
                parameter.setDoubleParam(real.value());
              } else if (value instanceof Parameter.Text text) {
                parameter.setStringParam(text.value());
              }
              request.putParameters(name, parameter.build());
            });
    for (Tensor tensor : call.inputs()) {
      request.addInputs(
          ModelInferRequest.InferInputTensor.newBuilder()
              .setName(tensor.name())
              .setDatatype(tensor.datatype().toString())
              .addAllShape(boxed(tensor.shape())));
      request.addRawInputContents(ByteString.copyFrom(tensor.raw().getBytes()));
    }
    for (String output : call.outputs()) {
      request.addOutputs(ModelInferRequest.InferRequestedOutputTensor.newBuilder().setName(output));
    }
    return request.build();
  }

  private static List<Long> boxed(long[] shape) {
    return java.util.Arrays.stream(shape).boxed().toList();
  }
}
