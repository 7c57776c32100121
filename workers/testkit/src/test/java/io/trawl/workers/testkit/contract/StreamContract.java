package io.trawl.workers.testkit.contract;

import static io.trawl.workers.testkit.contract.OipContract.assertRows;
import static io.trawl.workers.testkit.contract.OipContract.rows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelStreamInferResponse;
import io.trawl.workers.testkit.contract.OipCaller.Conversation;
import io.trawl.workers.testkit.contract.OipCaller.Pending;
import io.trawl.workers.testkit.contract.OipSubject.Feature;
import io.trawl.workers.testkit.contract.OipSubject.Runs;
import io.vertx.grpc.common.GrpcStatus;
import org.junit.jupiter.api.Test;

/** Inferences over one stream. */
interface StreamContract extends OipContract {

  @Test
  default void aStreamAnswersEachOfItsRequests() {
    needs(Feature.STREAMS);
    Conversation stream = grpc().stream(false);
    for (int i = 0; i < 5; i++) {
      stream.say(rows("identity_fp32", i).setId("s" + i).build());
    }
    for (int i = 0; i < 5; i++) {
      assertAnswer("s" + i, i, stream.next());
    }
    stream.say(rows("identity_fp32", 9).setId("s9").build());
    assertAnswer("s9", 9, stream.next());
    stream.finish();
    assertEquals(GrpcStatus.OK, stream.awaitEnd());
  }

  @Test
  default void aStreamWithoutRequestsEndsWell() {
    needs(Feature.STREAMS);
    Conversation stream = grpc().stream(false);
    stream.finish();
    assertEquals(GrpcStatus.OK, stream.awaitEnd());
  }

  @Test
  default void anErrorInAStreamIsAMessageAndTheStreamGoesOn() {
    needs(Feature.STREAMS);
    Conversation stream = grpc().stream(false);
    stream.say(rows("nope", 1).build());
    ModelStreamInferResponse error = stream.next();
    assertTrue(
        error.getErrorMessage().contains("Request for unknown model: 'nope' is not found"),
        error::toString);
    stream.say(rows("identity_fp32", new float[9]).build());
    assertTrue(stream.next().getErrorMessage().contains("batch-size must be <= 8"));
    stream.say(rows("identity_fp32", 2).setId("good").build());
    assertAnswer("good", 2, stream.next());
    stream.finish();
    assertEquals(GrpcStatus.OK, stream.awaitEnd());
  }

  /** What is refused before it waits is a message even then. */
  @Test
  default void aFailureIsTheStreamsStatusWhereThatWasAskedFor() {
    needs(Feature.STREAMS);
    Runs runs = gated();
    Conversation stream = grpc().stream(true);
    stream.say(rows("nope", 1).setId("b").build());
    ModelStreamInferResponse refusal = stream.next();
    assertTrue(refusal.getErrorMessage().contains("'nope' is not found"), refusal::toString);
    assertEquals("b", refusal.getInferResponse().getId());
    Pending<ModelInferResponse> running = grpc().startInfer(rows("gated", 0).build());
    assertEquals(1, runs.awaitNext());
    stream.say(
        rows("gated", 1)
            .putParameters("timeout", InferParameter.newBuilder().setInt64Param(1_000).build())
            .build());
    assertEquals(GrpcStatus.UNAVAILABLE, stream.awaitEnd());
    runs.release(1);
    assertRows(running.await().ok(), 0);
  }

  @Test
  default void theLastAnswerToARequestSaysSo() {
    needs(Feature.STREAMS);
    Conversation stream = grpc().stream(false);
    stream.say(rows("identity_fp32", 1).build());
    assertTrue(
        stream
            .next()
            .getInferResponse()
            .getParametersOrThrow("triton_final_response")
            .getBoolParam());
    stream.finish();
    assertEquals(GrpcStatus.OK, stream.awaitEnd());
  }

  @Test
  default void aStreamThatIsLeftCostsOthersNothing() {
    needs(Feature.STREAMS);
    Conversation stream = grpc().stream(false);
    stream.say(rows("identity_fp32", 1).setId("").build());
    assertAnswer("", 1, stream.next());
    stream.cancel();
    assertRows(grpc().infer(rows("identity_fp32", 4).build()).ok(), 4);
  }

  private static void assertAnswer(String id, float value, ModelStreamInferResponse answer) {
    assertEquals("", answer.getErrorMessage());
    assertTrue(answer.hasInferResponse());
    assertFalse(answer.getInferResponse().getModelVersion().isEmpty());
    assertEquals(id, answer.getInferResponse().getId());
    assertRows(answer.getInferResponse(), value);
  }
}
