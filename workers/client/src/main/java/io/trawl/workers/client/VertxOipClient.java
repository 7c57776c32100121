package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelConfigResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelReadyResponse;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerMetadataResponse;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.trawl.workers.protocol.ServerReadyResponse;
import io.trawl.workers.wire.ResetLimit;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * The client over a Vert.x HTTP/2 client.
 *
 * <p>It frames its unary calls itself instead of going through vertx-grpc-client: there a message
 * is copied once more on each side, the pool's wait queue has no bound, the status text in trailers
 * is lost, the deadline starts with the connection, and a deadline that a nested call inherits and
 * finds expired throws.
 */
final class VertxOipClient implements OipClient {

  private static final String SERVICE = "/inference.GRPCInferenceService/";

  /** Far enough for any budget, near enough for a sum with the ticker never to overflow. */
  private static final Duration LONGEST_BUDGET = Duration.ofDays(1);

  private final VertxInternal vertx;
  private final OipClientOptions options;
  private final Ticker ticker;
  private final OipObserver observer;
  private final Alarm alarm;
  private final HttpClient http;

  VertxOipClient(
      Vertx vertx, OipClientOptions options, Ticker ticker, OipObserver observer, Alarm alarm) {
    this.vertx = (VertxInternal) vertx;
    this.options = requireNonNull(options, "options");
    this.ticker = requireNonNull(ticker, "ticker");
    this.observer = new SafeObserver(requireNonNull(observer, "observer"));
    this.alarm = requireNonNull(alarm, "alarm");
    this.http =
        vertx
            .httpClientBuilder()
            .with(httpOptions(options))
            .with(
                new PoolOptions()
                    .setHttp2MaxSize(options.connections())
                    .setMaxWaitQueueSize(options.maxWaiting()))
            .withConnectHandler(ResetLimit::lift)
            .build();
  }

  @Override
  public Endpoint endpoint() {
    return options.endpoint();
  }

  @Override
  public InferHandle infer(InferCall call, Duration budget) {
    requireNonNull(call, "call");
    long begin = ticker.nanos();
    UnaryCall unary = call("ModelInfer", budget, begin, InferCodec.request(call));
    Future<InferOutcome> outcome =
        unary
            .outcome()
            .map(
                answered -> {
                  InferOutcome result =
                      switch (answered) {
                        case Answered.Message(var bytes) -> InferCodec.answer(call, bytes);
                        case Answered.None(var why) -> why;
                      };
                  observer.inferred(endpoint(), call.model(), result, ticker.nanos() - begin);
                  return result;
                });
    return new Handle(unary, outcome);
  }

  @Override
  public Future<Reply<Boolean>> serverLive(Duration budget) {
    return ask(
        "ServerLive",
        ServerLiveRequest.getDefaultInstance(),
        ServerLiveResponse.parser(),
        ServerLiveResponse::getLive,
        budget);
  }

  @Override
  public Future<Reply<Boolean>> serverReady(Duration budget) {
    return ask(
        "ServerReady",
        ServerReadyRequest.getDefaultInstance(),
        ServerReadyResponse.parser(),
        ServerReadyResponse::getReady,
        budget);
  }

  @Override
  public Future<Reply<Boolean>> modelReady(String model, String version, Duration budget) {
    return ask(
        "ModelReady",
        ModelReadyRequest.newBuilder().setName(model).setVersion(version).build(),
        ModelReadyResponse.parser(),
        ModelReadyResponse::getReady,
        budget);
  }

  @Override
  public Future<Reply<ServerMetadata>> serverMetadata(Duration budget) {
    return ask(
        "ServerMetadata",
        ServerMetadataRequest.getDefaultInstance(),
        ServerMetadataResponse.parser(),
        answer ->
            new ServerMetadata(answer.getName(), answer.getVersion(), answer.getExtensionsList()),
        budget);
  }

  @Override
  public Future<Reply<ModelMetadata>> modelMetadata(String model, String version, Duration budget) {
    return ask(
        "ModelMetadata",
        ModelMetadataRequest.newBuilder().setName(model).setVersion(version).build(),
        ModelMetadataResponse.parser(),
        answer ->
            new ModelMetadata(
                answer.getName(),
                answer.getVersionsList(),
                answer.getPlatform(),
                specs(answer.getInputsList()),
                specs(answer.getOutputsList())),
        budget);
  }

  @Override
  public Future<Reply<ModelConfig>> modelConfig(String model, String version, Duration budget) {
    return ask(
        "ModelConfig",
        ModelConfigRequest.newBuilder().setName(model).setVersion(version).build(),
        ModelConfigResponse.parser(),
        ModelConfigResponse::getConfig,
        budget);
  }

  @Override
  public Future<Void> close() {
    return http.close();
  }

  private <M, T> Future<Reply<T>> ask(
      String method,
      MessageLite question,
      Parser<M> parser,
      Function<M, T> value,
      Duration budget) {
    return call(method, budget, ticker.nanos(), question)
        .outcome()
        .map(
            answered ->
                switch (answered) {
                  case Answered.Message(var bytes) -> read(bytes, parser, value);
                  case Answered.None(var why) -> new Reply.NoAnswer<>(why);
                });
  }

  private static <M, T> Reply<T> read(HeapBytes bytes, Parser<M> parser, Function<M, T> value) {
    try {
      M message = parser.parseFrom(bytes.array(), bytes.offset(), bytes.length());
      return new Reply.Answer<>(value.apply(message));
    } catch (IOException | IllegalArgumentException undecodable) {
      return new Reply.NoAnswer<>(
          new Failure.Malformed("undecodable answer: " + undecodable.getMessage()));
    }
  }

  private UnaryCall call(String method, Duration budget, long begin, MessageLite question) {
    Duration capped = budget.compareTo(LONGEST_BUDGET) > 0 ? LONGEST_BUDGET : budget;
    long deadlineNanos = capped.isPositive() ? begin + capped.toNanos() : begin;
    ContextInternal context = vertx.getOrCreateContext();
    UnaryCall call =
        new UnaryCall(
            context,
            http,
            ticker,
            SERVICE + method,
            deadlineNanos,
            question,
            options.maxMessageBytes());
    call.start(alarm);
    return call;
  }

  private static List<ModelMetadata.TensorSpec> specs(
      List<ModelMetadataResponse.TensorMetadata> tensors) {
    return tensors.stream()
        .map(
            tensor ->
                new ModelMetadata.TensorSpec(
                    tensor.getName(),
                    Datatype.named(tensor.getDatatype())
                        .orElseThrow(
                            () ->
                                new IllegalArgumentException(
                                    "tensor '%s' of type '%s'"
                                        .formatted(tensor.getName(), tensor.getDatatype()))),
                    InferCodec.shape(tensor.getShapeList())))
        .toList();
  }

  private static HttpClientOptions httpOptions(OipClientOptions options) {
    return new HttpClientOptions()
        .setDefaultHost(options.endpoint().host())
        .setDefaultPort(options.endpoint().port())
        .setProtocolVersion(HttpVersion.HTTP_2)
        // Prior knowledge: Triton speaks HTTP/2 on a plain port and knows no upgrade.
        .setHttp2ClearTextUpgrade(false)
        .setConnectTimeout((int) options.connectTimeout().toMillis())
        .setTcpNoDelay(true)
        .setHttp2ConnectionWindowSize(options.connectionWindowBytes())
        .setInitialSettings(
            new Http2Settings()
                .setPushEnabled(false)
                .setInitialWindowSize(options.streamWindowBytes())
                .setMaxFrameSize(options.maxFrameBytes()));
  }

  private record Handle(UnaryCall call, Future<InferOutcome> outcome) implements InferHandle {

    @Override
    public void cancel() {
      call.cancel();
    }
  }
}
