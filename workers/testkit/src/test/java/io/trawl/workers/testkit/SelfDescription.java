package io.trawl.workers.testkit;

import com.google.protobuf.InvalidProtocolBufferException;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelConfigResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelReadyResponse;
import io.trawl.workers.protocol.ModelStatisticsRequest;
import io.trawl.workers.protocol.ModelStatisticsResponse;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.protocol.ServerMetadataResponse;
import io.trawl.workers.protocol.ServerReadyResponse;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a fake says of itself and its models, whatever it does. Safe for any thread. */
final class SelfDescription {

  private static final String EXITING = "Server exiting";
  private static final String NOT_READY = "Server not ready";

  // Guarded by this.
  private final Map<String, ModelMetadataResponse> models = new LinkedHashMap<>();
  private final Map<String, ModelConfig> configs = new LinkedHashMap<>();
  private final Map<String, ServedModel> served = new LinkedHashMap<>();
  private boolean live = true;
  private boolean ready = true;
  private @Nullable Rejection draining;

  synchronized void serve(FakeModel model, ServedModel as) {
    served.put(model.config().getName(), as);
    model(model.metadata());
    config(model.config());
  }

  synchronized void model(ModelMetadataResponse metadata) {
    models.put(metadata.getName(), metadata);
  }

  synchronized void config(ModelConfig config) {
    configs.put(config.getName(), config);
  }

  synchronized void live(boolean value) {
    live = value;
  }

  synchronized void ready(boolean value) {
    ready = value;
  }

  synchronized void drain(Rejection how) {
    draining = how;
  }

  synchronized boolean live() {
    return live;
  }

  synchronized boolean ready() {
    return ready;
  }

  /** How it refuses inferences, if it drains. */
  synchronized Optional<Rejection> draining() {
    return Optional.ofNullable(draining);
  }

  synchronized Optional<ServedModel> served(String model) {
    return Optional.ofNullable(served.get(model));
  }

  synchronized List<ServedModel> served() {
    return List.copyOf(served.values());
  }

  /** Whether it has such a model; one that knows none has them all. */
  synchronized boolean knows(String model) {
    return models.isEmpty() || models.containsKey(model);
  }

  static String unknown(String model) {
    return "Request for unknown model: '" + model + "' is not found";
  }

  /** Answers any call but an inference. */
  void answer(String method, byte[] message, Exchange to) throws InvalidProtocolBufferException {
    switch (method) {
      case "ServerLive" -> serverLive(to);
      case "ServerReady" -> serverReady(to);
      case "ModelReady" -> modelReady(ModelReadyRequest.parseFrom(message), to);
      case "ServerMetadata" -> to.answer(serverMetadata());
      case "ModelMetadata" -> modelMetadata(ModelMetadataRequest.parseFrom(message), to);
      case "ModelConfig" -> modelConfig(ModelConfigRequest.parseFrom(message), to);
      case "ModelStatistics" -> modelStatistics(ModelStatisticsRequest.parseFrom(message), to);
      default -> to.fail(GrpcStatus.UNIMPLEMENTED, "no method '" + method + "'");
    }
  }

  private void serverLive(Exchange to) {
    if (draining().isPresent()) {
      to.fail(GrpcStatus.UNAVAILABLE, EXITING);
    } else {
      to.answer(ServerLiveResponse.newBuilder().setLive(live()).build());
    }
  }

  private void serverReady(Exchange to) {
    if (draining().isPresent()) {
      to.fail(GrpcStatus.UNAVAILABLE, EXITING);
    } else {
      to.answer(ServerReadyResponse.newBuilder().setReady(ready()).build());
    }
  }

  private void modelReady(ModelReadyRequest request, Exchange to) {
    if (draining().isPresent()) {
      to.fail(GrpcStatus.UNAVAILABLE, NOT_READY);
    } else {
      to.answer(
          ModelReadyResponse.newBuilder()
              .setReady(ready() && knows(request.getName(), request.getVersion()))
              .build());
    }
  }

  private synchronized void modelMetadata(ModelMetadataRequest request, Exchange to) {
    ModelMetadataResponse metadata = models.get(request.getName());
    if (draining != null) {
      to.fail(GrpcStatus.UNAVAILABLE, NOT_READY);
    } else if (metadata == null) {
      to.fail(GrpcStatus.NOT_FOUND, unknown(request.getName()));
    } else if (!hasVersion(metadata, request.getVersion())) {
      to.fail(
          GrpcStatus.NOT_FOUND,
          "Request for unknown model: '%s' version %s is not found"
              .formatted(request.getName(), request.getVersion()));
    } else {
      to.answer(metadata);
    }
  }

  private synchronized void modelConfig(ModelConfigRequest request, Exchange to) {
    ModelConfig config = configs.get(request.getName());
    if (config == null) {
      to.fail(GrpcStatus.NOT_FOUND, unknown(request.getName()));
    } else {
      to.answer(ModelConfigResponse.newBuilder().setConfig(config).build());
    }
  }

  private void modelStatistics(ModelStatisticsRequest request, Exchange to) {
    String name = request.getName();
    List<ServedModel> asked = name.isEmpty() ? served() : served(name).stream().toList();
    if (draining().isPresent()) {
      to.fail(GrpcStatus.UNAVAILABLE, NOT_READY);
    } else if (asked.isEmpty() && !name.isEmpty()) {
      to.fail(GrpcStatus.INVALID_ARGUMENT, "requested model '%s' is not available".formatted(name));
    } else {
      Future.join(asked.stream().map(ServedModel::statistics).toList())
          .map(all -> ModelStatisticsResponse.newBuilder().addAllModelStats(all.list()).build())
          .onSuccess(to::answer);
    }
  }

  private synchronized boolean knows(String model, String version) {
    ModelMetadataResponse metadata = models.get(model);
    return metadata == null ? knows(model) : hasVersion(metadata, version);
  }

  /** Metadata without versions stands for any. */
  private static boolean hasVersion(ModelMetadataResponse metadata, String version) {
    return version.isEmpty()
        || metadata.getVersionsCount() == 0
        || metadata.getVersionsList().contains(version);
  }

  private static ServerMetadataResponse serverMetadata() {
    return ServerMetadataResponse.newBuilder()
        .setName("triton")
        .setVersion("fake")
        .addExtensions("model_configuration")
        .addExtensions("statistics")
        .build();
  }
}
