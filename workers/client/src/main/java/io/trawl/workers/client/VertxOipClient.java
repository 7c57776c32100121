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
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.wire.Alarm;
import io.trawl.workers.wire.GrpcCall;
import io.trawl.workers.wire.GrpcChannel;
import io.trawl.workers.wire.HeapBytes;
import io.trawl.workers.wire.NanoClock;
import io.trawl.workers.wire.OneMessage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** The client over a {@link GrpcChannel}. */
final class VertxOipClient implements OipClient {

  private static final String SERVICE = "/inference.GRPCInferenceService/";

  private final OipClientOptions options;
  private final NanoClock ticker;
  private final OipObserver observer;
  private final GrpcChannel channel;

  VertxOipClient(
      Vertx vertx, OipClientOptions options, NanoClock ticker, OipObserver observer, Alarm alarm) {
    this.options = requireNonNull(options, "options");
    this.ticker = requireNonNull(ticker, "ticker");
    this.observer = new SafeObserver(requireNonNull(observer, "observer"));
    this.channel =
        GrpcChannel.to(
            vertx, server(options), pool(options), options.maxMessageBytes(), ticker, alarm);
  }

  @Override
  public Endpoint endpoint() {
    return options.endpoint();
  }

  @Override
  public InferHandle infer(InferCall call, Duration budget) {
    requireNonNull(call, "call");
    long begin = ticker.nanos();
    var answer = new OneMessage();
    GrpcCall sent = call("ModelInfer", InferCodec.request(call), budget, answer);
    Future<InferOutcome> outcome =
        sent.outcome()
            .map(
                ended -> {
                  InferOutcome result =
                      answer.read(ended, bytes -> InferCodec.answer(call, bytes), Statuses::of);
                  observer.inferred(endpoint(), call.model(), result, ticker.nanos() - begin);
                  return result;
                });
    return new Handle(sent, outcome);
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
    return channel.close().onComplete(_ -> observer.closed(endpoint()));
  }

  private <M, T> Future<Reply<T>> ask(
      String method,
      MessageLite question,
      Parser<M> parser,
      Function<M, T> value,
      Duration budget) {
    var answer = new OneMessage();
    return call(method, question, budget, answer)
        .outcome()
        .map(
            ended ->
                answer.read(
                    ended,
                    bytes -> read(bytes, parser, value),
                    none -> new Reply.NoAnswer<>(Statuses.of(none))));
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

  private GrpcCall call(String method, MessageLite question, Duration budget, OneMessage answer) {
    return channel.call(SERVICE + method, question, budget, Duration.ZERO, answer);
  }

  private static List<ModelMetadata.TensorSpec> specs(
      List<ModelMetadataResponse.TensorMetadata> tensors) {
    return tensors.stream()
        .map(
            tensor ->
                new ModelMetadata.TensorSpec(
                    tensor.getName(),
                    Datatype.ofWire(tensor.getDatatype())
                        .orElseThrow(
                            () ->
                                new IllegalArgumentException(
                                    "tensor '%s' of type '%s'"
                                        .formatted(tensor.getName(), tensor.getDatatype()))),
                    InferCodec.shape(tensor.getShapeList())))
        .toList();
  }

  private static HttpClientOptions server(OipClientOptions options) {
    return new HttpClientOptions()
        .setDefaultHost(options.endpoint().host())
        .setDefaultPort(options.endpoint().port())
        .setConnectTimeout((int) options.connectTimeout().toMillis())
        .setHttp2ConnectionWindowSize(options.connectionWindowBytes())
        .setInitialSettings(
            new Http2Settings()
                .setInitialWindowSize(options.streamWindowBytes())
                .setMaxFrameSize(options.maxFrameBytes()));
  }

  private static PoolOptions pool(OipClientOptions options) {
    return new PoolOptions()
        .setHttp2MaxSize(options.connections())
        .setMaxWaitQueueSize(options.maxWaiting());
  }

  private record Handle(GrpcCall call, Future<InferOutcome> outcome) implements InferHandle {

    @Override
    public void cancel() {
      call.cancel();
    }
  }
}
