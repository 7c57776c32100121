package io.trawl.workers.server.edge;

import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelConfigResponse;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelMetadataResponse.TensorMetadata;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelReadyResponse;
import io.trawl.workers.protocol.ModelStatisticsRequest;
import io.trawl.workers.protocol.ModelStatisticsResponse;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerMetadataResponse;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.trawl.workers.protocol.ServerReadyResponse;
import io.trawl.workers.server.repository.ModelSpec;
import io.trawl.workers.server.repository.Repository;
import io.trawl.workers.server.repository.RepositoryService;
import io.trawl.workers.server.repository.ServedModel;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.server.run.TensorSpec;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What the protocol's calls mean, whatever carries them. Each either answers or throws a {@link
 * RequestException}; none waits.
 */
public final class OipService {
  static final String NAME = "trawl-worker";

  /** Where the worker as a whole stands. */
  public enum Phase {
    /** Listening, loading models. */
    STARTING,
    /** Every model was tried. */
    SERVING,
    /** Finishing what it has, taking nothing new. */
    DRAINING
  }

  private final Repository repository;
  private final Inference inference;
  private final RepositoryService control;
  private final boolean strictReadiness;
  private final String version;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.STARTING);

  public OipService(
      Repository repository,
      Inference inference,
      RepositoryService control,
      boolean strictReadiness,
      String version) {
    this.repository = repository;
    this.inference = inference;
    this.control = control;
    this.strictReadiness = strictReadiness;
    this.version = version;
  }

  /** The calls that change what is served. */
  RepositoryService control() {
    return control;
  }

  /** Moves on, never back; false if the worker had already got that far. */
  public boolean enter(Phase next) {
    Phase before = phase.getAndUpdate(now -> now.compareTo(next) < 0 ? next : now);
    return before.compareTo(next) < 0;
  }

  public boolean draining() {
    return phase.get() == Phase.DRAINING;
  }

  /** As in Triton, a server that drains is an error even here. */
  ServerLiveResponse serverLive(ServerLiveRequest request) {
    if (draining()) {
      throw CallFailure.SERVER_EXITING.asException();
    }
    return ServerLiveResponse.newBuilder().setLive(true).build();
  }

  ServerReadyResponse serverReady(ServerReadyRequest request) {
    if (draining()) {
      throw CallFailure.SERVER_EXITING.asException();
    }
    return ServerReadyResponse.newBuilder().setReady(ready()).build();
  }

  public boolean ready() {
    return phase.get() == Phase.SERVING && (!strictReadiness || repository.ready());
  }

  ModelReadyResponse modelReady(ModelReadyRequest request) {
    checkNotDraining();
    return ModelReadyResponse.newBuilder()
        .setReady(repository.ready(request.getName(), request.getVersion()))
        .build();
  }

  /** What is asked of models, and not of inference, ends with the drain's beginning. */
  private void checkNotDraining() {
    if (draining()) {
      throw CallFailure.SERVER_NOT_READY.asException();
    }
  }

  ServerMetadataResponse serverMetadata(ServerMetadataRequest request) {
    return ServerMetadataResponse.newBuilder()
        .setName(NAME)
        .setVersion(version)
        .addExtensions("binary_tensor_data")
        .addExtensions("classification")
        .addExtensions("model_configuration")
        .addExtensions("model_repository")
        .addExtensions("parameters")
        .addExtensions("schedule_policy")
        .addExtensions("statistics")
        .build();
  }

  ModelMetadataResponse modelMetadata(ModelMetadataRequest request) {
    checkNotDraining();
    ServedModel model = repository.find(request.getName(), request.getVersion());
    ModelSpec spec = model.spec();
    ModelMetadataResponse.Builder metadata =
        ModelMetadataResponse.newBuilder().setName(spec.name()).setPlatform(spec.platform());
    List<Long> versions =
        request.getVersion().isEmpty()
            ? repository.servedVersions(spec.name())
            : List.of(model.version());
    versions.forEach(each -> metadata.addVersions(Long.toString(each)));
    spec.inputs().forEach(input -> metadata.addInputs(describe(spec, input)));
    spec.outputs().forEach(output -> metadata.addOutputs(describe(spec, output)));
    return metadata.build();
  }

  private static TensorMetadata describe(ModelSpec spec, TensorSpec tensor) {
    return TensorMetadata.newBuilder()
        .setName(tensor.name())
        .setDatatype(tensor.type().name())
        .addAllShape(spec.clientShape(tensor).toList())
        .build();
  }

  ModelConfigResponse modelConfig(ModelConfigRequest request) {
    ServedModel model = repository.find(request.getName(), request.getVersion());
    return ModelConfigResponse.newBuilder().setConfig(model.spec().config()).build();
  }

  /** Counters of a version, of all versions of a model, or of all models. */
  ModelStatisticsResponse modelStatistics(ModelStatisticsRequest request) {
    checkNotDraining();
    ModelStatisticsResponse.Builder statistics = ModelStatisticsResponse.newBuilder();
    for (ServedModel model : asked(request)) {
      statistics.addModelStats(model.stats().describe(model.spec().name(), model.version()));
    }
    return statistics.build();
  }

  /**
   * Triton calls a model without statistics an invalid argument, where other calls do not find it.
   */
  private List<ServedModel> asked(ModelStatisticsRequest request) {
    String name = request.getName();
    if (name.isEmpty()) {
      return repository.served();
    }
    List<ServedModel> versions =
        repository.served().stream().filter(model -> model.spec().name().equals(name)).toList();
    if (versions.isEmpty()) {
      throw CallFailure.invalid("requested model '%s' is not available".formatted(name))
          .asException();
    }
    if (request.getVersion().isEmpty()) {
      return versions;
    }
    long version = Repository.versionNumber(request.getVersion());
    return versions.stream()
        .filter(model -> model.version() == version)
        .findFirst()
        .map(List::of)
        .orElseThrow(
            () ->
                CallFailure.invalid(
                        "requested model version is not available for model '%s'".formatted(name))
                    .asException());
  }

  /** Starts an inference; see {@link Inference#call}. */
  Inference.Cancellation infer(
      ModelInferRequest request, long deadlineNanos, Inference.Caller caller) {
    return inference.call(request, deadlineNanos, caller);
  }
}
