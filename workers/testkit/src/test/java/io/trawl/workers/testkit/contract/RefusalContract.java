package io.trawl.workers.testkit.contract;

import static io.trawl.workers.testkit.RawTensor.fp32;
import static io.trawl.workers.testkit.RawTensor.int64;
import static io.trawl.workers.testkit.RawTensor.shape;
import static io.trawl.workers.testkit.contract.OipContract.assertRows;
import static io.trawl.workers.testkit.contract.OipContract.request;
import static io.trawl.workers.testkit.contract.OipContract.rows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.testkit.RawTensor;
import io.vertx.grpc.common.GrpcStatus;
import org.junit.jupiter.api.Test;

/** What a caller can do wrong, and the words that tell it so. The next good call is served. */
interface RefusalContract extends OipContract {

  RawTensor A = fp32("A", shape(1, 4), 1, 2, 3, 4);
  RawTensor B = fp32("B", shape(1, 4), 10, 20, 30, 40);

  @Test
  default void anUnknownModelIsNotFound() {
    refused(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'nope' is not found",
        request("nope", A, B));
  }

  @Test
  default void anUnknownVersionIsNotFound() {
    refused(
        GrpcStatus.NOT_FOUND,
        "Request for unknown model: 'add' version 7 is not found",
        request("add", A, B).setModelVersion("7"));
  }

  @Test
  default void aVersionThatIsNoNumberIsInvalid() {
    invalid(
        "failed to get model version from specified version string 'new'",
        request("add", A, B).setModelVersion("new"));
  }

  @Test
  default void missingInputsAreCounted() {
    invalid("expected 2 inputs but got 1 inputs for model 'add'", request("add", A));
  }

  @Test
  default void anUnknownInputIsNamed() {
    invalid(
        "unexpected inference input 'C' for model 'add'",
        request("add", A, fp32("C", shape(1, 4), 1, 2, 3, 4)));
  }

  @Test
  default void anInputThatComesTwiceIsInvalid() {
    invalid("input 'A' already exists in request", request("add", A, A));
  }

  @Test
  default void aWrongShapeIsNamed() {
    invalid(
        "unexpected shape for input 'B' for model 'add'. Expected [-1,4], got [1,3]",
        request("add", A, fp32("B", shape(1, 3), 1, 2, 3)));
  }

  @Test
  default void aWrongDatatypeIsNamed() {
    invalid("data-type is 'INT64'", request("add", A, int64("B", shape(1, 4), 1, 2, 3, 4)));
  }

  @Test
  default void aBatchThatIsTooLargeIsInvalid() {
    invalid(
        "inference request batch-size must be <= 8 for 'identity_fp32'",
        rows("identity_fp32", new float[9]));
  }

  @Test
  default void inputsOfDifferentBatchesAreInvalid() {
    invalid(
        "batch size does not match other inputs for 'add'",
        request("add", A, fp32("B", shape(2, 4), new float[8])));
  }

  @Test
  default void rawAndTypedContentsDoNotMix() {
    ModelInferRequest.Builder mixed = request("add", A, B);
    mixed.getInputsBuilder(1).setContents(InferTensorContents.newBuilder().addFp32Contents(1));
    invalid("contents field must not be specified when using raw_input_contents for 'B'", mixed);
  }

  @Test
  default void aRawInputForEachOrForNone() {
    ModelInferRequest.Builder request = request("add", A, B);
    ByteString first = request.getRawInputContents(0);
    invalid(
        "unable to find data for input tensor 'B' for model 'add' in request.",
        request.clearRawInputContents().addRawInputContents(first));
  }

  @Test
  default void lengthsThatLieAreInvalid() {
    for (ByteString raw : new ByteString[] {A.raw().substring(1), A.raw().concat(A.raw())}) {
      invalid("'A'", request("add", new RawTensor("A", "FP32", shape(1, 4), raw), B));
    }
  }

  @Test
  default void typedContentsThatDoNotFitAreInvalid() {
    invalid(
        "input byte size mismatch for input 'IN' for model 'identity_fp32'. Expected 8, got 4",
        typed(2, InferTensorContents.newBuilder().addFp32Contents(1)));
    invalid(
        "input byte size mismatch for input 'IN' for model 'identity_fp32'. Expected 4, got 8",
        typed(1, InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2)));
    invalid(
        "unexpected explicit tensor data for input tensor 'IN' for model 'identity_fp32' of type"
            + " 'INT32', expected datatype 'FP32'",
        typed(1, InferTensorContents.newBuilder().addIntContents(1)));
    ModelInferRequest.Builder none = typed(1, InferTensorContents.newBuilder());
    none.getInputsBuilder(0).clearContents();
    invalid("unable to find data for input tensor 'IN' for model 'identity_fp32' in request", none);
  }

  private static ModelInferRequest.Builder typed(long width, InferTensorContents.Builder values) {
    var request = ModelInferRequest.newBuilder().setModelName("identity_fp32");
    request
        .addInputsBuilder()
        .setName("IN")
        .setDatatype("FP32")
        .addAllShape(shape(1, width))
        .setContents(values);
    return request;
  }

  @Test
  default void textsWhoseLengthsLieAreInvalid() {
    assumeTrue(subject().datatypes().contains("BYTES"), "the server has no BYTES");
    invalid(
        "incomplete string data for inference input 'IN', expecting string of length 9 but only 1"
            + " bytes available",
        texts(1, 9, 0, 0, 0, 'x'));
    invalid("incomplete string length indicator for inference input 'IN'", texts(1, 9, 0));
    invalid(
        "expected 2 string elements for inference input 'IN' for model 'identity_bytes', got 1",
        texts(2, 1, 0, 0, 0, 'x'));
    invalid(
        "unexpected number of string elements 2 for inference input 'IN' for model"
            + " 'identity_bytes', expecting 1",
        texts(1, 1, 0, 0, 0, 'x', 0, 0, 0, 0));
  }

  private static ModelInferRequest.Builder texts(long width, int... bytes) {
    byte[] raw = new byte[bytes.length];
    for (int i = 0; i < raw.length; i++) {
      raw[i] = (byte) bytes[i];
    }
    return request(
        "identity_bytes", new RawTensor("IN", "BYTES", shape(1, width), ByteString.copyFrom(raw)));
  }

  @Test
  default void aBatchOfNoneLacksItsBytes() {
    invalid(
        "input byte size mismatch for input 'IN' for model 'identity_fp32'. Expected 4, got 0",
        request("identity_fp32", fp32("IN", shape(0, 1))));
  }

  @Test
  default void anUnknownDatatypeIsNamedInvalid() {
    invalid(
        "inference input 'IN' data-type is '<invalid>', but model 'identity_fp32' expects 'FP32'",
        request(
            "identity_fp32", new RawTensor("IN", "FOO", shape(1, 1), fp32("", shape(1), 1).raw())));
  }

  /** A model without sequences does not look at them, and no time below zero passes. */
  @Test
  default void parametersWithoutEffectAreAccepted() {
    InferParameter five = InferParameter.newBuilder().setInt64Param(5).build();
    InferParameter past = InferParameter.newBuilder().setInt64Param(-5).build();
    InferParameter yes = InferParameter.newBuilder().setBoolParam(true).build();
    ModelInferRequest.Builder request =
        rows("identity_fp32", 1)
            .putParameters("sequence_id", five)
            .putParameters("sequence_start", yes)
            .putParameters("sequence_end", yes)
            .putParameters("priority", five)
            .putParameters("timeout", past)
            .putParameters("of_the_callers", five);
    assertRows(grpc().infer(request.build()).ok(), 1);
  }

  @Test
  default void shapesBelowZeroAreInvalid() {
    invalid(
        "All input dimensions should be specified for input 'IN' for model 'identity_fp32', got"
            + " [1,-1]",
        request("identity_fp32", fp32("IN", shape(1, -1), 1)));
  }

  @Test
  default void anUnknownOutputIsNamed() {
    ModelInferRequest.Builder request = request("add", A, B);
    request.addOutputsBuilder().setName("NOPE");
    invalid("unexpected inference output 'NOPE' for model 'add'", request);
  }

  @Test
  default void aParameterOfTheWrongKindIsInvalid() {
    invalid(
        "'timeout'",
        request("add", A, B)
            .putParameters("timeout", InferParameter.newBuilder().setStringParam("soon").build()));
  }

  private void invalid(String words, ModelInferRequest.Builder request) {
    refused(GrpcStatus.INVALID_ARGUMENT, words, request);
  }

  private void refused(GrpcStatus status, String words, ModelInferRequest.Builder request) {
    OipContract.assertRefused(status, words, grpc().infer(request.build()));
    assertRows(grpc().infer(rows("identity_fp32", 3).build()).ok(), 3);
  }
}
