package io.trawl.workers.testkit.contract;

import static io.trawl.workers.testkit.RawTensor.fp32;
import static io.trawl.workers.testkit.RawTensor.int64;
import static io.trawl.workers.testkit.RawTensor.shape;
import static io.trawl.workers.testkit.RawTensor.text;
import static io.trawl.workers.testkit.contract.OipContract.assertOutput;
import static io.trawl.workers.testkit.contract.OipContract.assertRows;
import static io.trawl.workers.testkit.contract.OipContract.identity;
import static io.trawl.workers.testkit.contract.OipContract.request;
import static io.trawl.workers.testkit.contract.OipContract.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.testkit.RawTensor;
import io.trawl.workers.testkit.contract.OipCaller.Pending;
import io.trawl.workers.testkit.contract.OipSubject.Feature;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What goes in comes out. */
interface InferenceContract extends OipContract {

  @TestFactory
  default Stream<DynamicTest> everyDatatypeComesBackBitByBit() {
    return subject().datatypes().stream()
        .filter(datatype -> !datatype.equals("BYTES"))
        .sorted()
        .map(datatype -> DynamicTest.dynamicTest(datatype, () -> comesBack(datatype)));
  }

  private void comesBack(String datatype) {
    long seed = System.nanoTime();
    byte[] bits = new byte[6 * Datatype.valueOf(datatype).sizeBytes()];
    new Random(seed).nextBytes(bits);
    if (datatype.equals("BOOL")) {
      for (int i = 0; i < bits.length; i++) {
        bits[i] &= 1;
      }
    }
    var in = new RawTensor("IN", datatype, shape(2, 3), ByteString.copyFrom(bits));
    ModelInferResponse answer = infer(request(identity(datatype), in));
    assertEquals(datatype, answer.getOutputs(0).getDatatype());
    assertEquals(List.of(2L, 3L), answer.getOutputs(0).getShapeList());
    assertEquals(in.raw(), answer.getRawOutputContents(0), "seed " + seed);
  }

  @TestFactory
  default Stream<DynamicTest> typedContentsComeBackRaw() {
    return typed().entrySet().stream()
        .filter(each -> subject().datatypes().contains(each.getKey()))
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.getKey(), () -> typedComesBack(each.getKey(), each.getValue())));
  }

  private void typedComesBack(String datatype, Typed values) {
    ModelInferRequest.Builder request =
        ModelInferRequest.newBuilder().setModelName(identity(datatype));
    request
        .addInputsBuilder()
        .setName("IN")
        .setDatatype(datatype)
        .addAllShape(shape(1, 2))
        .setContents(values.contents());
    assertOutput(new RawTensor("OUT", datatype, shape(1, 2), values.raw()), infer(request));
  }

  /** The same two values in both forms. */
  record Typed(InferTensorContents.Builder contents, ByteString raw) {

    static Typed of(InferTensorContents.Builder contents, String hex) {
      return new Typed(contents, ByteString.fromHex(hex));
    }
  }

  private static Map<String, Typed> typed() {
    var ints = InferTensorContents.newBuilder().addIntContents(-2).addIntContents(3);
    var uints = InferTensorContents.newBuilder().addUintContents(250).addUintContents(3);
    return Map.of(
        "BOOL",
        Typed.of(
            InferTensorContents.newBuilder().addBoolContents(true).addBoolContents(false), "0100"),
        "INT8",
        Typed.of(ints, "fe03"),
        "INT16",
        Typed.of(ints, "feff0300"),
        "INT32",
        Typed.of(ints, "feffffff03000000"),
        "INT64",
        new Typed(
            InferTensorContents.newBuilder().addInt64Contents(-1).addInt64Contents(1L << 40),
            int64("IN", shape(2), -1, 1L << 40).raw()),
        "UINT8",
        Typed.of(uints, "fa03"),
        "UINT32",
        Typed.of(uints, "fa00000003000000"),
        "FP32",
        new Typed(
            InferTensorContents.newBuilder().addFp32Contents(1.5f).addFp32Contents(-0f),
            fp32("IN", shape(2), 1.5f, -0f).raw()),
        "FP64",
        Typed.of(
            InferTensorContents.newBuilder().addFp64Contents(1).addFp64Contents(-2),
            "000000000000f03f00000000000000c0"),
        "BYTES",
        new Typed(
            InferTensorContents.newBuilder()
                .addBytesContents(ByteString.copyFromUtf8("ü"))
                .addBytesContents(ByteString.EMPTY),
            text("IN", shape(2), "ü", "").raw()));
  }

  @Test
  default void textsOfAnyScriptComeBack() {
    assumeTrue(subject().datatypes().contains("BYTES"), "the server has no BYTES");
    String[] texts = {"日本 \uD83D\uDE00 ü", "", "a".repeat(1_000), "", "\u0000", "x"};
    ModelInferResponse answer = infer(request("identity_bytes", text("IN", shape(2, 3), texts)));
    assertOutput(text("OUT", shape(2, 3), texts), answer);
  }

  @Test
  default void emptyTensorsComeBack() {
    ModelInferResponse answer = infer(request("identity_fp32", fp32("IN", shape(1, 0))));
    assertEquals(List.of(1L, 0L), answer.getOutputs(0).getShapeList());
    assertEquals(ByteString.EMPTY, answer.getRawOutputContents(0));
  }

  @Test
  default void megabytesComeBack() {
    float[] values = new float[1 << 20];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    ModelInferResponse answer =
        infer(request("identity_fp32", fp32("IN", shape(4, 1 << 18), values)));
    assertOutput(fp32("OUT", shape(4, 1 << 18), values), answer);
  }

  @Test
  default void allOutputsComeUnlessSomeAreNamed() {
    ModelInferResponse both = infer(sum());
    assertEquals(2, both.getOutputsCount());
    assertOutput(fp32("SUM", shape(1, 4), 11, 22, 33, 44), 0, both);
    assertOutput(fp32("DIFFERENCE", shape(1, 4), -9, -18, -27, -36), 1, both);

    ModelInferRequest.Builder one = sum();
    one.addOutputsBuilder().setName("DIFFERENCE");
    assertOutput(fp32("DIFFERENCE", shape(1, 4), -9, -18, -27, -36), infer(one));
  }

  @Test
  default void inputsMayComeInAnyOrder() {
    ModelInferRequest.Builder turned =
        request("add", fp32("B", shape(1, 4), 10, 20, 30, 40), fp32("A", shape(1, 4), 1, 2, 3, 4));
    assertOutput(fp32("DIFFERENCE", shape(1, 4), -9, -18, -27, -36), 1, infer(turned));
  }

  @Test
  default void anAnswerNamesItsModelItsVersionAndTheCallersId() {
    ModelInferResponse answer = infer(sum().setId("r-7 ü"));
    assertEquals("r-7 ü", answer.getId());
    assertEquals("add", answer.getModelName());
    assertEquals("1", answer.getModelVersion());
    assertEquals("1", infer(sum().setModelVersion("1")).getModelVersion());
    assertEquals("", infer(sum()).getId());
  }

  @Test
  default void eachOfManyGetsItsOwnAnswer() {
    List<Pending<ModelInferResponse>> calls = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      calls.add(grpc().startInfer(rows("identity_fp32", i).setId("call " + i).build()));
    }
    for (int i = 0; i < calls.size(); i++) {
      ModelInferResponse answer = calls.get(i).await().ok();
      assertRows(answer, i);
      assertEquals("call " + i, answer.getId());
    }
  }

  @Test
  default void anOutputMayBeItsLargestValues() {
    needs(Feature.CLASSIFICATION);
    ModelInferRequest.Builder two =
        request("identity_fp32", fp32("IN", shape(2, 3), 3, -1, 2.5f, 5, 9, 7));
    two.addOutputsBuilder()
        .setName("OUT")
        .putParameters("classification", InferParameter.newBuilder().setInt64Param(2).build());
    assertOutput(
        text("OUT", shape(2, 2), "3.000000:0", "2.500000:2", "9.000000:1", "7.000000:2"),
        infer(two));
  }

  /** A caller that leaves must not take the others of its connection along. */
  @Test
  default void callsTakenBackWhileTheyAreSentCostOthersNothing() {
    needs(Feature.CANCELLATION_AT_ANY_MOMENT);
    for (int i = 0; i < 50; i++) {
      grpc().startInfer(rows("identity_fp32", i).build()).cancel();
    }
    assertRows(infer(rows("identity_fp32", 7)), 7);
  }

  private static ModelInferRequest.Builder sum() {
    return request(
        "add", fp32("A", shape(1, 4), 1, 2, 3, 4), fp32("B", shape(1, 4), 10, 20, 30, 40));
  }

  private ModelInferResponse infer(ModelInferRequest.Builder request) {
    return grpc().infer(request.build()).ok();
  }
}
