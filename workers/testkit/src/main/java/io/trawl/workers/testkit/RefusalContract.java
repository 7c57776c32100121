package io.trawl.workers.testkit;

import static io.trawl.workers.testkit.OipContract.assertRows;
import static io.trawl.workers.testkit.OipContract.request;
import static io.trawl.workers.testkit.OipContract.rows;
import static io.trawl.workers.testkit.RawTensor.fp32;
import static io.trawl.workers.testkit.RawTensor.int64;
import static io.trawl.workers.testkit.RawTensor.shape;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest;
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
  default void typedContentsOfTheWrongLengthAreInvalid() {
    ModelInferRequest.Builder request =
        ModelInferRequest.newBuilder().setModelName("identity_fp32");
    request
        .addInputsBuilder()
        .setName("IN")
        .setDatatype("FP32")
        .addAllShape(shape(1, 2))
        .setContents(InferTensorContents.newBuilder().addFp32Contents(1));
    invalid("'IN'", request);
  }

  @Test
  default void textsWhoseLengthsLieAreInvalid() {
    if (subject().datatypes().contains("BYTES")) {
      ByteString lie = ByteString.copyFrom(new byte[] {9, 0, 0, 0, 'x'});
      invalid("'IN'", request("identity_bytes", new RawTensor("IN", "BYTES", shape(1, 1), lie)));
    }
  }

  @Test
  default void shapesBelowZeroAreInvalid() {
    invalid("'IN'", request("identity_fp32", fp32("IN", shape(1, -1), 1)));
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
