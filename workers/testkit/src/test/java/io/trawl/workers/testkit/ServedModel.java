package io.trawl.workers.testkit;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelStatistics;
import io.trawl.workers.testkit.service.Ended;
import io.trawl.workers.testkit.service.Prompts;
import io.trawl.workers.testkit.service.ServiceModel;
import io.trawl.workers.testkit.service.ServiceModel.Submitted;
import io.trawl.workers.testkit.service.Work;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** A model that the fake serves, and its queue. All that the queue hears is said on one context. */
final class ServedModel {

  private final FakeModel model;
  private final ServiceModel service;
  private final Context context;

  ServedModel(FakeModel model, ServiceModel service, Context context) {
    this.model = model;
    this.service = service;
    this.context = context;
  }

  /**
   * Runs an inference, or refuses it.
   *
   * @param stopping what is said once nothing new is taken
   */
  void play(Exchange exchange, Rejection stopping) {
    model.check(
        exchange,
        answer ->
            context.runOnContext(
                _ -> {
                  Submitted submitted =
                      service.submit(
                          work(exchange.request()),
                          ended -> tell(exchange, ended, answer, stopping));
                  exchange.seen().timeout().ifPresent(left -> expire(exchange, submitted, left));
                  exchange
                      .seen()
                      .ending()
                      .onComplete(_ -> context.runOnContext(_ -> submitted.takeBack()));
                }));
  }

  private static void tell(
      Exchange exchange, Ended ended, ModelInferResponse answer, Rejection stopping) {
    switch (ended) {
      case RAN -> exchange.answer(answer);
      case QUEUE_FULL -> Rejection.QUEUE_FULL.play(exchange);
      case QUEUE_TIMEOUT -> Rejection.QUEUE_TIMEOUT.play(exchange);
      case STOPPING -> stopping.play(exchange);
    }
  }

  private static void expire(Exchange exchange, Submitted submitted, Duration left) {
    var timer = exchange.vertx().timer(Math.max(1, left.toNanos()), TimeUnit.NANOSECONDS);
    timer.onSuccess(
        _ -> {
          submitted.takeBack();
          exchange.fail(GrpcStatus.DEADLINE_EXCEEDED, "Deadline Exceeded");
        });
    exchange.seen().ending().onComplete(_ -> timer.cancel());
  }

  private static Work work(ModelInferRequest request) {
    List<List<Long>> shapes =
        request.getInputsList().stream().map(InferInputTensor::getShapeList).toList();
    InferParameter timeout =
        request.getParametersOrDefault("timeout", InferParameter.getDefaultInstance());
    return new Work(
        rows(request),
        shapes.stream().map(shape -> shape.subList(1, shape.size())).toList(),
        () -> Prompts.of(rows(request), raw(request)),
        // As in Triton less than nothing is no timeout.
        TimeUnit.MICROSECONDS.toNanos(Math.max(0, timeout.getInt64Param())));
  }

  private static int rows(ModelInferRequest request) {
    return (int) Math.max(1, request.getInputs(0).getShape(0));
  }

  private static Function<String, ByteBuffer> raw(ModelInferRequest request) {
    List<String> names = request.getInputsList().stream().map(InferInputTensor::getName).toList();
    List<ByteString> contents = request.getRawInputContentsList();
    return name ->
        names.contains(name) && !contents.isEmpty()
            ? contents.get(names.indexOf(name)).asReadOnlyByteBuffer()
            : ByteBuffer.allocate(0);
  }

  Future<ModelStatistics> statistics() {
    return ask(
        (service, told) ->
            told.complete(service.stats().describe(model.config().getName(), FakeModel.VERSION)));
  }

  /** Takes nothing new; complete when nothing waits or runs. */
  Future<Void> stop() {
    return ask((service, told) -> service.stop().onComplete(told));
  }

  Future<Void> pause() {
    return say(ServiceModel::pause);
  }

  Future<Void> resume() {
    return say(ServiceModel::resume);
  }

  private Future<Void> say(Consumer<ServiceModel> what) {
    return ask(
        (service, told) -> {
          what.accept(service);
          told.complete();
        });
  }

  private <T> Future<T> ask(Question<T> question) {
    Promise<T> told = Promise.promise();
    context.runOnContext(_ -> question.ask(service, told));
    return told.future();
  }

  private interface Question<T> {
    void ask(ServiceModel service, Promise<T> told);
  }
}
