package io.trawl.workers.client;

import static io.trawl.workers.testkit.RawTensor.fp16;
import static io.trawl.workers.testkit.RawTensor.fp32;
import static io.trawl.workers.testkit.RawTensor.shape;
import static io.trawl.workers.testkit.Rejection.NO_VERSIONS;
import static io.trawl.workers.testkit.Rejection.QUEUE_FULL;
import static io.trawl.workers.testkit.Rejection.QUEUE_TIMEOUT;
import static io.trawl.workers.testkit.Rejection.STOPPING;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.testkit.FakeTriton;
import io.trawl.workers.testkit.Gate;
import io.trawl.workers.testkit.Script;
import io.trawl.workers.testkit.SeenEnding;
import io.trawl.workers.wire.ClientClose;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every outcome that a call can have, against a scripted server. At stake: a gateway decides by the
 * type of a failure whether to ask another worker, and must never be given an answer that is not
 * the one it asked for.
 */
class OipClientTest {

  private static final Duration AMPLE = Duration.ofSeconds(30);
  private static final InferCall CALL =
      InferCall.of("backbone", "3", Tensor.int64("token_ids", new long[] {1, 2}, 5, 6));

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
  private final List<OipClient> clients = new ArrayList<>();
  private FakeTriton triton;
  private HandAlarm alarm;
  private OipClient client;

  @BeforeEach
  void start() {
    triton = await(FakeTriton.start(vertx));
    alarm = new HandAlarm();
    client = clientOf(options());
  }

  @AfterEach
  void stop() {
    clients.forEach(c -> await(c.close()));
    await(ClientClose.of(vertx.close()));
  }

  // Answers

  @Test
  void anAnswerCarriesItsTensors() {
    triton.onAny().next().answer(fp32("query_vectors", shape(1, 2, 2), 1, -2, 3.5f, 0));
    Inferred answer = inferred(CALL);
    assertEquals("backbone", answer.model());
    assertEquals("3", answer.version());
    Tensor vectors = answer.output("query_vectors").orElseThrow();
    assertTrue(vectors.hasShape(1, 2, 2));
    assertArrayEquals(new float[] {1, -2, 3.5f, 0}, vectors.toFloats());
    assertTrue(answer.output("other").isEmpty());
  }

  @Test
  void theServerSeesTheCallAsItWasMade() {
    triton.onAny().next().answer(fp32("y", shape(1), 1));
    InferCall call =
        CALL.withId("r-7").withOutputs("y").withPriority(1).withQueueTimeout(Duration.ofMillis(5));
    assertEquals("r-7", inferred(call).id());

    ModelInferRequest seen = triton.calls().getFirst().request();
    assertEquals("backbone", seen.getModelName());
    assertEquals("3", seen.getModelVersion());
    assertEquals("y", seen.getOutputs(0).getName());
    assertEquals(List.of(1L, 2L), seen.getInputs(0).getShapeList());
    assertFalse(seen.getInputs(0).hasContents());
    assertEquals(16, seen.getRawInputContents(0).size());
    assertEquals(1, seen.getParametersOrThrow("priority").getUint64Param());
    assertEquals(5_000, seen.getParametersOrThrow("timeout").getInt64Param());
  }

  @Test
  void typedContentsAreReadToo() {
    var typed = ModelInferResponse.newBuilder().setModelName("backbone").setModelVersion("3");
    typed
        .addOutputsBuilder()
        .setName("y")
        .setDatatype("FP32")
        .addShape(2)
        .setContents(InferTensorContents.newBuilder().addFp32Contents(1).addFp32Contents(2));
    typed.putParameters("flag", InferParameter.newBuilder().setBoolParam(true).build());
    triton.onAny().next().answer(_ -> typed.build());

    Inferred answer = inferred(CALL);
    assertArrayEquals(new float[] {1, 2}, answer.output("y").orElseThrow().toFloats());
    assertEquals(new Parameter.Flag(true), answer.parameters().get("flag"));
  }

  @Test
  void halfPrecisionAndLargeAnswersArriveWhole() {
    float[] values = new float[300_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 2048;
    }
    triton.onAny().next().answer(fp16("y", shape(values.length), values));
    assertArrayEquals(values, inferred(CALL).output("y").orElseThrow().toFloats());
  }

  @Test
  void aSlowDripIsAnAnswer() {
    triton.onAny().next().dripping(7).answer(fp32("y", shape(2), 1, 2));
    assertArrayEquals(new float[] {1, 2}, inferred(CALL).output("y").orElseThrow().toFloats());
  }

  @Test
  void anEmptyTensorIsAnAnswer() {
    triton.onAny().next().answer(fp32("y", shape(0, 4)));
    assertEquals(0, inferred(CALL).output("y").orElseThrow().toFloats().length);
  }

  @Test
  void anOpenVersionTakesWhatTheServerChose() {
    triton.onAny().next().ofVersion("12").answer(fp32("y", shape(1), 1));
    assertEquals("12", inferred(InferCall.of("backbone", "", CALL.inputs().get(0))).version());
  }

  // What servers say

  @Test
  void theThreeUnavailablesAreToldApart() {
    assertFailure(Failure.QueueFull.class, next -> next.reject(QUEUE_FULL));
    assertFailure(Failure.QueueTimeout.class, next -> next.reject(QUEUE_TIMEOUT));
    assertFailure(Failure.Stopping.class, next -> next.reject(STOPPING));
  }

  @Test
  void aDrainingServerIsStoppingWhateverItsStatus() {
    assertFailure(Failure.Stopping.class, next -> next.reject(NO_VERSIONS));
    assertFailure(
        Failure.Stopping.class, next -> next.fail(GrpcStatus.UNAVAILABLE, "Server exiting"));
    await(triton.drain(STOPPING));
    assertInstanceOf(Failure.Stopping.class, failure(client.serverReady(AMPLE)));
    assertInstanceOf(Failure.Stopping.class, failure(client.modelReady("backbone", "", AMPLE)));
    assertInstanceOf(Failure.Stopping.class, outcome(CALL));
  }

  @Test
  void statusesBecomeFailuresWithTheServersText() {
    String text = "batch-size must be <= 16 for 'süß' 100%";
    assertEquals(
        new Failure.InvalidRequest(text),
        after(next -> next.fail(GrpcStatus.INVALID_ARGUMENT, text)));
    assertEquals(new Failure.NotFound("no"), after(next -> next.fail(GrpcStatus.NOT_FOUND, "no")));
    assertEquals(
        new Failure.Failed(GrpcStatus.INTERNAL, "boom"),
        after(next -> next.fail(GrpcStatus.INTERNAL, "boom")));
    assertFailure(Failure.TooLarge.class, next -> next.fail(GrpcStatus.RESOURCE_EXHAUSTED, ""));
    assertFailure(
        Failure.Failed.class, next -> next.fail(GrpcStatus.RESOURCE_EXHAUSTED, "rate limit"));
    assertFailure(
        Failure.DeadlineExceeded.class, next -> next.fail(GrpcStatus.DEADLINE_EXCEEDED, "late"));
    assertFailure(
        Failure.Unreachable.class, next -> next.fail(GrpcStatus.UNAVAILABLE, "no upstream"));
  }

  @Test
  void aStatusInTheTrailersKeepsItsText() {
    triton
        .onAny()
        .next()
        .play(
            exchange -> {
              exchange.write(io.vertx.core.buffer.Buffer.buffer());
              exchange.end(GrpcStatus.UNAVAILABLE, "Exceeds maximum queue size");
            });
    assertInstanceOf(Failure.QueueFull.class, outcome(CALL));
  }

  @Test
  void proxiesAreToldFromServers() {
    assertFailure(Failure.Unreachable.class, next -> next.httpStatus(503));
    assertEquals(
        new Failure.Failed(GrpcStatus.UNKNOWN, "HTTP status 500"),
        after(next -> next.httpStatus(500)));
  }

  @Test
  void aStreamResetIsToldByItsCode() {
    assertFailure(Failure.Unreachable.class, next -> next.reset(11));
    assertEquals(
        new Failure.Failed(GrpcStatus.CANCELLED, "stream reset with HTTP/2 code 8"),
        after(next -> next.reset(8)));
    assertFailure(Failure.Failed.class, next -> next.reset(2));
  }

  /** REFUSED_STREAM proves that a call never ran; a second time it is taken at its word. */
  @Test
  void aRefusedStreamIsSentOnceMore() {
    triton.onAny().next().reset(7);
    triton.onAny().next().answer(fp32("y", shape(1), 1));
    assertInstanceOf(Inferred.class, outcome(CALL));
    triton.onAny().first(2).reset(7);
    assertEquals(new Failure.Unreachable("stream reset with HTTP/2 code 7"), outcome(CALL));
    assertEquals(4, triton.calls().size());
  }

  // Answers that break the protocol

  @Test
  void anAnswerWithoutAnOutputAskedForIsMalformed() {
    triton.onAny().next().answer(fp32("y", shape(1), 1));
    Failure failure = assertInstanceOf(Failure.Malformed.class, outcome(CALL.withOutputs("z")));
    assertTrue(failure.message().contains("expected 'z' among them"), failure.message());
  }

  @Test
  void anAnswerForAnotherIdIsMalformed() {
    triton
        .onAny()
        .next()
        .answer(
            _ ->
                ModelInferResponse.newBuilder()
                    .setModelName("backbone")
                    .setModelVersion("3")
                    .setId("other")
                    .build());
    assertInstanceOf(Failure.Malformed.class, outcome(CALL.withId("mine")));
  }

  @Test
  void anOversizedAnswerIsTooLargeAndTheStreamIsReset() {
    client = clientOf(options().withMaxMessageBytes(1_000));
    var gate = new Gate();
    triton.onAny().next().oversized(10_000).pausing(gate).answer(fp32("y", shape(1), 1));
    assertInstanceOf(Failure.TooLarge.class, outcome(CALL));
    assertEquals(SeenEnding.CANCELLED, await(triton.calls().getFirst().ending()));
  }

  @Test
  void anOversizedRequestNeverLeaves() {
    client = clientOf(options().withMaxMessageBytes(100));
    Tensor large = Tensor.int64("token_ids", new long[] {20}, new long[20]);
    assertInstanceOf(Failure.TooLarge.class, outcome(InferCall.of("backbone", "3", large)));
    assertTrue(triton.calls().isEmpty());
  }

  // Many at once

  @Test
  void callsFromManyThreadsGetTheirOwnAnswers() throws InterruptedException {
    triton.onAny().answer(fp32("y", shape(2), 1, 2));
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    var done = new CountDownLatch(4 * 250);
    for (int t = 0; t < 4; t++) {
      int thread = t;
      Thread.ofPlatform()
          .start(
              () -> {
                for (int i = 0; i < 250; i++) {
                  String id = thread + "-" + i;
                  client
                      .infer(CALL.withId(id), AMPLE)
                      .outcome()
                      .onSuccess(
                          outcome -> {
                            if (!(outcome instanceof Inferred answer && answer.id().equals(id))) {
                              wrong.add(id + ": " + outcome);
                            }
                            done.countDown();
                          });
                }
              });
    }
    assertTrue(done.await(30, TimeUnit.SECONDS));
    // What 100 streams and a queue of 256 cannot hold is refused, never mixed up.
    wrong.removeIf(line -> line.contains("QueueFull"));
    assertEquals(List.of(), List.copyOf(wrong));
  }

  @Test
  void theOutcomeComesOnTheCallersContext() {
    triton.onAny().next().answer(fp32("y", shape(1), 1));
    Context context = vertx.getOrCreateContext();
    Promise<Context> seen = Promise.promise();
    context.runOnContext(
        _ ->
            client
                .infer(CALL, AMPLE)
                .outcome()
                .onComplete(_ -> seen.complete(Vertx.currentContext())));
    assertEquals(context, await(seen.future()));
  }

  // Time

  @Test
  void anExpiredBudgetTouchesNoWire() {
    assertInstanceOf(Failure.DeadlineExceeded.class, outcome(CALL, Duration.ZERO));
    assertInstanceOf(Failure.DeadlineExceeded.class, outcome(CALL, Duration.ofDays(-400_000)));
    triton.onAny().next().answer(fp32("y", shape(1), 1));
    inferred(CALL);
    assertEquals(1, triton.calls().size());
  }

  @Test
  void theServerIsToldWhatIsLeft() {
    triton.onAny().next().answer(fp32("y", shape(1), 1));
    outcome(CALL, Duration.ofMillis(1_500));
    Duration told = triton.calls().getFirst().timeout().orElseThrow();
    assertEquals(Duration.ofMillis(1_500), told);
  }

  @Test
  void theEndOfTheBudgetReachesTheWire() {
    triton.onAny().next().hang();
    InferHandle call = client.infer(CALL, AMPLE);
    var seen = await(triton.call(0));
    alarm.ring();
    assertInstanceOf(Failure.DeadlineExceeded.class, await(call.outcome()));
    assertEquals(SeenEnding.CANCELLED, await(seen.ending()));
  }

  @Test
  void theRealAlarmRings() {
    try (var slow = new Hanging()) {
      OipClient real =
          remember(
              OipClient.create(vertx, OipClientOptions.to(slow.endpoint()), NanoClock.system()));
      assertInstanceOf(
          Failure.DeadlineExceeded.class, await(real.infer(CALL, Duration.ofMillis(20)).outcome()));
    }
  }

  @Test
  void aHostThatNeverAnswersCannotOutlastTheBudget() {
    try (var hanging = new Hanging()) {
      client = clientOf(OipClientOptions.to(hanging.endpoint()));
      InferHandle call = client.infer(CALL, AMPLE);
      alarm.ring();
      assertInstanceOf(Failure.DeadlineExceeded.class, await(call.outcome()));
    }
  }

  // Leaving

  @Test
  void aCancelledCallIsResetOnTheWire() {
    triton.onAny().next().hang();
    InferHandle call = client.infer(CALL, AMPLE);
    var seen = await(triton.call(0));
    call.cancel();
    call.cancel();
    assertInstanceOf(Failure.Cancelled.class, await(call.outcome()));
    assertEquals(SeenEnding.CANCELLED, await(seen.ending()));
  }

  @Test
  void aCallCancelledInMidAnswerIsResetOnTheWire() {
    triton.onAny().next().pausing(new Gate()).answer(fp32("y", shape(1), 1));
    InferHandle call = client.infer(CALL, AMPLE);
    var seen = await(triton.call(0));
    call.cancel();
    assertInstanceOf(Failure.Cancelled.class, await(call.outcome()));
    assertEquals(SeenEnding.CANCELLED, await(seen.ending()));
  }

  @Test
  void aCallCancelledBeforeItIsConnectedNeverArrives() {
    Promise<InferHandle> begun = Promise.promise();
    // On one event loop, so that nothing comes between: a busy machine connects and asks meanwhile.
    vertx.runOnContext(
        _ -> {
          InferHandle call = client.infer(CALL, AMPLE);
          call.cancel();
          begun.complete(call);
        });
    assertInstanceOf(Failure.Cancelled.class, await(await(begun.future()).outcome()));
    triton.onAny().next().answer(fp32("y", shape(1), 1));
    inferred(CALL.withId("later"));
    assertEquals("later", triton.calls().getFirst().request().getId());
  }

  @Test
  void aCallCancelledWhileItWaitsForAStreamNeverArrives() {
    triton.onAny().hang();
    List<InferHandle> running = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      running.add(client.infer(CALL.withId("running"), AMPLE));
    }
    await(triton.call(99));
    client.infer(CALL.withId("left"), AMPLE).cancel();
    client.infer(CALL.withId("stayed"), AMPLE);
    running.getFirst().cancel();
    assertEquals("stayed", await(triton.call(100)).request().getId());
  }

  /** A connection has 100 streams; a call that leaves before it is sent must not keep one. */
  @Test
  void callsCancelledBeforeTheyAreSentCostTheNextCallNothing() {
    triton.onAny().answer(fp32("y", shape(1), 1));
    for (int burst = 0; burst < 4; burst++) {
      for (int i = 0; i < 150; i++) {
        client.infer(CALL, AMPLE).cancel();
      }
      inferred(CALL.withId("after"));
      assertEquals("after", triton.calls().getLast().request().getId());
    }
    assertEquals(1, triton.connections());
  }

  /** On an open connection a cancellation meets its call at any point of the sending. */
  @Test
  void callsCancelledWhileTheyAreSentCostTheNextCallNothing() {
    triton.onAny().answer(fp32("y", shape(1), 1));
    inferred(CALL);
    for (int burst = 0; burst < 15; burst++) {
      for (int i = 0; i < 40; i++) {
        client.infer(CALL, AMPLE).cancel();
      }
      inferred(CALL.withId("after"));
    }
    assertEquals(1, triton.connections());
  }

  @Test
  void cancellingAFinishedCallDoesNothing() {
    triton.onAny().next().answer(fp32("y", shape(1), 1));
    InferHandle call = client.infer(CALL, AMPLE);
    assertInstanceOf(Inferred.class, await(call.outcome()));
    call.cancel();
    assertInstanceOf(Inferred.class, await(call.outcome()));
    assertEquals(SeenEnding.ANSWERED, await(triton.calls().getFirst().ending()));
  }

  @Test
  void hundredsOfCancelsLeaveTheConnectionUsable() {
    triton.onAny().hang();
    for (int i = 0; i < 300; i++) {
      InferHandle call = client.infer(CALL, AMPLE);
      await(triton.call(i));
      call.cancel();
      assertInstanceOf(Failure.Cancelled.class, await(call.outcome()));
    }
    triton.onAny().answer(fp32("y", shape(1), 1));
    inferred(CALL);
    assertEquals(1, triton.connections());
  }

  /** Netty's protection of servers, which a client must not have: see ResetLimit. */
  @Test
  void aServerMayResetByTheHundred() {
    triton.onAny().reset(8);
    for (int i = 0; i < 300; i++) {
      assertInstanceOf(Failure.Failed.class, outcome(CALL));
    }
    triton.onAny().answer(fp32("y", shape(1), 1));
    inferred(CALL);
    assertEquals(1, triton.connections());
  }

  // Reach

  @Test
  void aClosedPortIsUnreachable() {
    await(triton.close());
    assertInstanceOf(Failure.Unreachable.class, outcome(CALL));
    assertInstanceOf(Failure.Unreachable.class, failure(client.serverLive(AMPLE)));
  }

  @Test
  void aConnectionThatBreaksIsUnreachableAndTheNextCallConnectsAnew() {
    triton.onAny().next().disconnect();
    assertInstanceOf(Failure.Unreachable.class, outcome(CALL));
    triton.onAny().next().answer(fp32("y", shape(1), 1));
    inferred(CALL);
  }

  @Test
  void aClosedClientIsUnreachable() {
    await(client.close());
    assertInstanceOf(Failure.Unreachable.class, outcome(CALL));
    assertInstanceOf(Failure.Unreachable.class, failure(client.serverLive(AMPLE)));
  }

  @Test
  void closingTheClientEndsItsCalls() {
    triton.onAny().next().hang();
    InferHandle call = client.infer(CALL, AMPLE);
    var seen = await(triton.call(0));
    await(client.close());
    assertInstanceOf(Failure.Unreachable.class, await(call.outcome()));
    assertEquals(SeenEnding.LOST, await(seen.ending()));
  }

  @Test
  void aFullWaitQueueRefusesAtOnce() {
    try (var hanging = new Hanging()) {
      client = clientOf(OipClientOptions.to(hanging.endpoint()).withMaxWaiting(1));
      List<Future<InferOutcome>> outcomes = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        outcomes.add(client.infer(CALL, AMPLE).outcome());
      }
      assertInstanceOf(Failure.QueueFull.class, await(outcomes.getLast()));
    }
  }

  // The server about itself

  @Test
  void aServerSaysWhatItIs() {
    triton.model(
        ModelMetadataResponse.newBuilder()
            .setName("backbone")
            .addVersions("3")
            .setPlatform("onnxruntime_onnx")
            .addInputs(
                ModelMetadataResponse.TensorMetadata.newBuilder()
                    .setName("token_ids")
                    .setDatatype("INT64")
                    .addShape(-1)
                    .addShape(-1))
            .build());
    triton.config(ModelConfig.newBuilder().setName("backbone").setMaxBatchSize(16).build());

    assertTrue(value(client.serverLive(AMPLE)));
    assertTrue(value(client.serverReady(AMPLE)));
    assertTrue(value(client.modelReady("backbone", "3", AMPLE)));
    assertFalse(value(client.modelReady("nope", "", AMPLE)));
    assertEquals("triton", value(client.serverMetadata(AMPLE)).name());
    ModelMetadata metadata = value(client.modelMetadata("backbone", "", AMPLE));
    assertEquals(
        new ModelMetadata.TensorSpec("token_ids", Datatype.INT64, new long[] {-1, -1}),
        metadata.inputs().getFirst());
    assertEquals(16, value(client.modelConfig("backbone", "", AMPLE)).getMaxBatchSize());
    assertInstanceOf(Failure.NotFound.class, failure(client.modelMetadata("nope", "", AMPLE)));
    assertInstanceOf(
        Failure.NotFound.class, outcome(InferCall.of("nope", "", CALL.inputs().get(0))));
  }

  private void assertFailure(Class<? extends Failure> expected, Consumer<Script> habit) {
    assertInstanceOf(expected, after(habit));
  }

  private InferOutcome after(Consumer<Script> habit) {
    habit.accept(triton.onAny().next());
    return outcome(CALL);
  }

  private Inferred inferred(InferCall call) {
    InferOutcome outcome = outcome(call);
    return assertInstanceOf(Inferred.class, outcome, outcome::toString);
  }

  private InferOutcome outcome(InferCall call) {
    return outcome(call, AMPLE);
  }

  private InferOutcome outcome(InferCall call, Duration budget) {
    return await(client.infer(call, budget).outcome());
  }

  private <T> T value(Future<Reply<T>> reply) {
    return switch (await(reply)) {
      case Reply.Answer<T>(T value) -> value;
      case Reply.NoAnswer<T>(Failure why) -> throw new AssertionError(why);
    };
  }

  private <T> Failure failure(Future<Reply<T>> reply) {
    return switch (await(reply)) {
      case Reply.Answer<T>(T value) -> throw new AssertionError(value);
      case Reply.NoAnswer<T>(Failure why) -> why;
    };
  }

  private OipClientOptions options() {
    return OipClientOptions.to(new Endpoint("127.0.0.1", triton.port()));
  }

  /** A client whose clock stands still and whose alarm rings by hand. */
  private OipClient clientOf(OipClientOptions options) {
    return remember(new VertxOipClient(vertx, options, () -> 1_000, OipObserver.none(), alarm));
  }

  private OipClient remember(OipClient made) {
    clients.add(made);
    return made;
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException late) {
      throw new AssertionError("nothing came within 30 s", late);
    }
  }

  /** A port that lets the kernel connect and never says a word. */
  private static final class Hanging implements AutoCloseable {

    private final ServerSocket socket;

    Hanging() {
      try {
        socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      } catch (IOException broken) {
        throw new AssertionError(broken);
      }
    }

    Endpoint endpoint() {
      return new Endpoint("127.0.0.1", socket.getLocalPort());
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException broken) {
        throw new AssertionError(broken);
      }
    }
  }
}
