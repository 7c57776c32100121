package io.trawl.workers.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelStatistics;
import io.trawl.workers.protocol.RepositoryIndexResponse.ModelIndex;
import io.trawl.workers.testkit.RawTensor;
import io.trawl.workers.testkit.contract.OipCaller.Pending;
import io.trawl.workers.testkit.contract.OipCaller.Reply;
import io.trawl.workers.testkit.contract.OipSubject.Feature;
import io.trawl.workers.testkit.contract.OipSubject.Runs;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What all parts of the contract say and ask. */
public interface OipContract {

  OipSubject subject();

  OipCaller grpc();

  HttpCaller http();

  /** A connection of its own, to be closed. */
  BareCaller bare();

  // What is asked

  /** A request of these inputs, for all outputs. */
  static ModelInferRequest.Builder request(String model, RawTensor... inputs) {
    var request = ModelInferRequest.newBuilder().setModelName(model);
    for (RawTensor input : inputs) {
      request
          .addInputsBuilder()
          .setName(input.name())
          .setDatatype(input.datatype())
          .addAllShape(input.shape());
      request.addRawInputContents(input.raw());
    }
    return request;
  }

  /** The values as rows of one, for an identity model of FP32. */
  static ModelInferRequest.Builder rows(String model, float... values) {
    return request(model, RawTensor.fp32("IN", RawTensor.shape(values.length, 1), values));
  }

  static String identity(String datatype) {
    return "identity_" + datatype.toLowerCase(Locale.ROOT);
  }

  default boolean modelReady(String model) {
    return grpc().ready(model, "").ok().getReady();
  }

  default ModelStatistics statistics(String model) {
    var all = grpc().statistics(model).ok().getModelStatsList();
    assertEquals(1, all.size(), () -> "statistics of one version of '" + model + "': " + all);
    return all.getFirst();
  }

  default List<ModelIndex> index(boolean ready) {
    return grpc().index(ready).ok().getModelsList();
  }

  /** The state of a model's one version as the index has it; empty where it is not listed. */
  default String state(String model) {
    return index(false).stream()
        .filter(entry -> entry.getName().equals(model))
        .map(ModelIndex::getState)
        .findFirst()
        .orElse("");
  }

  default void load(String model) {
    grpc().startLoad(model).await().ok();
    eventually("model '" + model + "' is ready", () -> modelReady(model));
  }

  /**
   * Waits until the server has read every call of this connection made so far. Calls of one
   * connection arrive in the order in which they were made.
   */
  default void awaitArrivals() {
    grpc().live().ok();
  }

  /** Holds the one instance of the gated model. */
  default Pending<ModelInferResponse> occupy(Runs runs) {
    Pending<ModelInferResponse> running = grpc().startInfer(rows("gated", 0).build());
    assertEquals(1, runs.awaitNext());
    return running;
  }

  // What is expected

  default void needs(Feature feature) {
    assumeTrue(subject().features().contains(feature), () -> "the server has no " + feature);
  }

  default Runs gated() {
    assumeTrue(subject().runs().isPresent(), "the server has no gated model");
    return subject().runs().orElseThrow();
  }

  default void needsHttp() {
    assumeTrue(subject().httpPort().isPresent(), "the server has no HTTP port");
  }

  /** Some of Triton's messages begin with a request id, and some go on with advice. */
  static void assertRefused(GrpcStatus status, String words, Reply<?> reply) {
    assertEquals(status, reply.status(), reply.message());
    assertTrue(
        reply.message().contains(words),
        () -> "'" + words + "' (expected) is not in '" + reply.message() + "'");
  }

  /** The answer has this one output. */
  static void assertOutput(RawTensor expected, ModelInferResponse answer) {
    assertEquals(1, answer.getOutputsCount(), answer::toString);
    assertOutput(expected, 0, answer);
  }

  static void assertOutput(RawTensor expected, int position, ModelInferResponse answer) {
    var output = answer.getOutputs(position);
    assertEquals(expected.name(), output.getName());
    assertEquals(expected.datatype(), output.getDatatype());
    assertEquals(expected.shape(), output.getShapeList());
    assertEquals(expected.raw(), answer.getRawOutputContents(position));
  }

  /** The answer gives the values back, as rows of one. */
  static void assertRows(ModelInferResponse answer, float... values) {
    assertOutput(RawTensor.fp32("OUT", RawTensor.shape(values.length, 1), values), answer);
  }

  /** Asks the server until it says so: each question is a call, so nobody sleeps. */
  static void eventually(String claim, BooleanSupplier holds) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(OipCaller.HANG_SECONDS);
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() - end < 0, () -> "never came true: " + claim);
      Thread.onSpinWait();
    }
  }
}
