package io.trawl.workers.testkit;

import com.google.errorprone.annotations.CheckReturnValue;
import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * What the fake does with the inferences of a model, told in order and read as a sentence:
 *
 * <pre>{@code
 * fake.on("backbone").first(3).reject(QUEUE_FULL).then().behind(gate).answer(y);
 * fake.on("backbone").next().ofVersion("9").answer(y);
 * }</pre>
 *
 * <p>First comes how many inferences the sentence is for: {@link #next()} and {@link #first} line
 * up behind what was told before; without them it is for all that nothing is lined up for, and
 * takes the place of what was told so before. Then comes when, then what is wrong with the answer,
 * and one verb ends the sentence. A script is a value: words that follow change nothing before.
 */
public final class Script {

  /** In the place of a number of inferences: all that nothing is lined up for. */
  private static final int REST = -1;

  private final Plan plan;
  private final int inferences;
  private final Function<InferBehaviour, InferBehaviour> timing;
  private final UnaryOperator<ModelInferResponse.Builder> spoiling;
  private final Delivery delivery;

  Script(Plan plan) {
    this(plan, REST, Function.identity(), UnaryOperator.identity(), Delivery.WHOLE);
  }

  private Script(
      Plan plan,
      int inferences,
      Function<InferBehaviour, InferBehaviour> timing,
      UnaryOperator<ModelInferResponse.Builder> spoiling,
      Delivery delivery) {
    this.plan = plan;
    this.inferences = inferences;
    this.timing = timing;
    this.spoiling = spoiling;
    this.delivery = delivery;
  }

  /** Where sentences go: into a model's line, or to its rest. */
  interface Plan {

    void lineUp(int inferences, InferBehaviour behaviour);

    void rest(InferBehaviour behaviour);
  }

  /** What a sentence ends with, so that another one can follow. */
  public record Told(Script script) {

    public Script then() {
      return script;
    }
  }

  // How many

  /** For the next inference that nothing is lined up for. */
  @CheckReturnValue
  public Script next() {
    return first(1);
  }

  /** For so many inferences. */
  @CheckReturnValue
  public Script first(int number) {
    return new Script(plan, number, timing, spoiling, delivery);
  }

  // When

  /** Once the gate is open. */
  @CheckReturnValue
  public Script behind(Gate gate) {
    return timed(behaviour -> exchange -> gate.opened().onSuccess(_ -> behaviour.play(exchange)));
  }

  /** After this time, by the clock on the wall; a gate is better where one will do. */
  @CheckReturnValue
  public Script after(Duration delay) {
    return timed(behaviour -> exchange -> later(exchange, delay.toNanos(), behaviour));
  }

  // What is wrong with an answer

  /** It comes from a version of its own choice. */
  @CheckReturnValue
  public Script ofVersion(String version) {
    return spoiled(response -> response.setModelVersion(version));
  }

  /** It comes from a model of its own choice. */
  @CheckReturnValue
  public Script ofModel(String model) {
    return spoiled(response -> response.setModelName(model));
  }

  /** Its first tensor claims this shape; the bytes stay. */
  @CheckReturnValue
  public Script ofShape(long... shape) {
    return spoiled(
        response -> {
          response.getOutputsBuilder(0).clearShape().addAllShape(RawTensor.shape(shape));
          return response;
        });
  }

  /** Its first tensor lacks its last byte. */
  @CheckReturnValue
  public Script lyingAboutSizes() {
    return spoiled(
        response -> {
          ByteString raw = response.getRawOutputContents(0);
          return response.setRawOutputContents(0, raw.substring(0, raw.size() - 1));
        });
  }

  /** Its last output has no raw contents. */
  @CheckReturnValue
  public Script missingContents() {
    return spoiled(
        response -> {
          List<ByteString> all = List.copyOf(response.getRawOutputContentsList());
          return response
              .clearRawOutputContents()
              .addAllRawOutputContents(all.subList(0, all.size() - 1));
        });
  }

  /** It is at least so large, by a parameter that nobody asked for. */
  @CheckReturnValue
  public Script oversized(int bytes) {
    return spoiled(
        response ->
            response.putParameters(
                "padding", InferParameter.newBuilder().setStringParam("x".repeat(bytes)).build()));
  }

  /** Half of it comes, then status OK. */
  @CheckReturnValue
  public Script halved() {
    return delivered(Delivery.halfThen(exchange -> exchange.end(GrpcStatus.OK, "")));
  }

  /** Half of it comes, then a reset of the stream. */
  @CheckReturnValue
  public Script halvedByReset(long http2Code) {
    return delivered(Delivery.halfThen(exchange -> exchange.reset(http2Code)));
  }

  /** Half of it comes, then the connection goes away. */
  @CheckReturnValue
  public Script halvedByDisconnect() {
    return delivered(Delivery.halfThen(Exchange::disconnect));
  }

  /** All of it comes, but no trailers: the body just ends. */
  @CheckReturnValue
  public Script withoutTrailers() {
    return delivered(Delivery.wholeThen(Exchange::endWithoutStatus));
  }

  /** All of it comes, then the connection goes away in the place of the trailers. */
  @CheckReturnValue
  public Script withoutFarewell() {
    return delivered(Delivery.wholeThen(Exchange::disconnect));
  }

  /** Half of it comes, and the rest once the gate is open. */
  @CheckReturnValue
  public Script pausing(Gate gate) {
    return delivered(Delivery.pausing(gate));
  }

  /** It comes so many bytes at a time, one piece each millisecond. */
  @CheckReturnValue
  public Script dripping(int bytes) {
    return delivered(Delivery.dripping(bytes));
  }

  // The verb

  /** These tensors, from the model and version asked for (version 1 if left open). */
  public Told answer(RawTensor... outputs) {
    List<RawTensor> tensors = List.of(outputs);
    return answer(request -> response(request, tensors));
  }

  /** Whatever the function makes of the request. */
  public Told answer(Function<ModelInferRequest, ModelInferResponse> function) {
    return tell(
        exchange -> {
          ModelInferResponse honest = function.apply(exchange.request());
          byte[] message = spoiling.apply(honest.toBuilder()).build().toByteArray();
          delivery.deliver(exchange, Exchange.frame(message));
        });
  }

  /** One of Triton's refusals. */
  public Told reject(Rejection why) {
    return tell(why::play);
  }

  /** Any other status. */
  public Told fail(GrpcStatus status, String message) {
    return tell(exchange -> exchange.fail(status, message));
  }

  /**
   * Triton's late queue timeout: it says so only when the {@code timeout} of the request's own
   * parameters has passed.
   */
  public Told expire() {
    return tell(
        exchange -> {
          InferParameter timeout =
              exchange
                  .request()
                  .getParametersOrDefault("timeout", InferParameter.getDefaultInstance());
          long nanos = TimeUnit.MICROSECONDS.toNanos(timeout.getInt64Param());
          later(exchange, nanos, Rejection.QUEUE_TIMEOUT::play);
        });
  }

  /** No answer, ever. */
  public Told hang() {
    return tell(_ -> {});
  }

  /** Bytes that no protobuf parser takes, with status OK. */
  public Told babble() {
    return tell(
        exchange -> {
          exchange.write(Exchange.frame(new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF}));
          exchange.end(GrpcStatus.OK, "");
        });
  }

  /** Status OK and no message. */
  public Told saySoWithoutMessage() {
    return tell(exchange -> exchange.end(GrpcStatus.OK, ""));
  }

  /** A body that ends without message and status. */
  public Told endWithoutStatus() {
    return tell(Exchange::endWithoutStatus);
  }

  /** A reset of the stream with an HTTP/2 error code. */
  public Told reset(long http2Code) {
    return tell(exchange -> exchange.reset(http2Code));
  }

  /** The connection goes away. */
  public Told disconnect() {
    return tell(Exchange::disconnect);
  }

  /** A proxy's answer in the server's place. */
  public Told httpStatus(int status) {
    return tell(exchange -> exchange.httpStatus(status));
  }

  /** Anything else that can be done to a call, down to the bytes. */
  public Told play(Consumer<Exchange> behaviour) {
    return tell(behaviour::accept);
  }

  private Told tell(InferBehaviour behaviour) {
    InferBehaviour timed = timing.apply(behaviour);
    if (inferences == REST) {
      plan.rest(timed);
    } else {
      plan.lineUp(inferences, timed);
    }
    return new Told(new Script(plan));
  }

  private Script timed(Function<InferBehaviour, InferBehaviour> more) {
    return new Script(plan, inferences, timing.compose(more), spoiling, delivery);
  }

  private Script spoiled(UnaryOperator<ModelInferResponse.Builder> more) {
    return new Script(
        plan, inferences, timing, response -> more.apply(spoiling.apply(response)), delivery);
  }

  private Script delivered(Delivery other) {
    return new Script(plan, inferences, timing, spoiling, other);
  }

  private static void later(Exchange exchange, long nanos, InferBehaviour behaviour) {
    exchange
        .vertx()
        .timer(Math.max(1, nanos), TimeUnit.NANOSECONDS)
        .onSuccess(_ -> behaviour.play(exchange));
  }

  static ModelInferResponse response(ModelInferRequest request, List<RawTensor> outputs) {
    var response =
        ModelInferResponse.newBuilder()
            .setModelName(request.getModelName())
            .setModelVersion(request.getModelVersion().isEmpty() ? "1" : request.getModelVersion())
            .setId(request.getId());
    for (RawTensor tensor : outputs) {
      response
          .addOutputsBuilder()
          .setName(tensor.name())
          .setDatatype(tensor.datatype())
          .addAllShape(tensor.shape());
      response.addRawOutputContents(tensor.raw());
    }
    return response.build();
  }
}
