package io.trawl.api.oip;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import io.trawl.api.call.CallEnding;
import io.trawl.api.call.CallReply;
import io.trawl.api.call.Edge;
import io.trawl.api.call.RetrievalCalls;
import io.trawl.api.call.RetrievalCalls.Caller;
import io.trawl.api.check.Violations;
import io.trawl.api.codec.Decoded;
import io.trawl.api.grpc.GrpcCalls;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.workers.protocol.Inference;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelConfigResponse;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelReadyResponse;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerMetadataResponse;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.trawl.workers.protocol.ServerReadyResponse;
import io.vertx.core.Future;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The calls of the Open Inference Protocol, over the one model {@link OipModel}. An inference is a
 * {@link RetrievalCalls#retrieve} in other clothes: the same checks, bounds and endings.
 */
public final class OipCalls {

  private static final String SERVER = "trawl";

  private static final ServiceDescriptor SERVICE =
      Inference.getDescriptor().findServiceByName("GRPCInferenceService");

  private final RetrievalCalls calls;
  private final int maxViolations;
  private final LongSupplier spaceVersion;
  private final BooleanSupplier ready;

  /**
   * @param spaceVersion of the space that answers now
   * @param ready whether the gateway has proven that it answers
   */
  public OipCalls(
      RetrievalCalls calls, int maxViolations, LongSupplier spaceVersion, BooleanSupplier ready) {
    this.calls = calls;
    this.maxViolations = maxViolations;
    this.spaceVersion = spaceVersion;
    this.ready = ready;
  }

  /** The calls that a client needs to find the model and to ask it; all others are unknown. */
  public GrpcCalls overGrpc(Edge edge) {
    return new GrpcCalls(edge, SERVICE, OipModel.PROTOCOL)
        .with("ServerLive", ServerLiveRequest.getDefaultInstance(), this::serverLive)
        .with("ServerReady", ServerReadyRequest.getDefaultInstance(), this::serverReady)
        .with("ModelReady", ModelReadyRequest.getDefaultInstance(), this::modelReady)
        .with("ServerMetadata", ServerMetadataRequest.getDefaultInstance(), this::serverMetadata)
        .with("ModelMetadata", ModelMetadataRequest.getDefaultInstance(), this::modelMetadata)
        .with("ModelConfig", ModelConfigRequest.getDefaultInstance(), this::modelConfig)
        .working("ModelInfer", ModelInferRequest.getDefaultInstance(), this::modelInfer);
  }

  boolean ready() {
    return ready.getAsBoolean();
  }

  Future<CallReply> serverLive(ServerLiveRequest asked, Caller caller) {
    return answer(caller, ServerLiveResponse.newBuilder().setLive(true).build());
  }

  Future<CallReply> serverReady(ServerReadyRequest asked, Caller caller) {
    return answer(caller, ServerReadyResponse.newBuilder().setReady(ready()).build());
  }

  Future<CallReply> modelReady(ModelReadyRequest asked, Caller caller) {
    return ofModel(
        asked.getName(),
        asked.getVersion(),
        caller,
        () -> answer(caller, ModelReadyResponse.newBuilder().setReady(ready()).build()));
  }

  Future<CallReply> serverMetadata(ServerMetadataRequest asked, Caller caller) {
    return answer(
        caller,
        ServerMetadataResponse.newBuilder()
            .setName(SERVER)
            .setVersion(version())
            .addExtensions("binary_tensor_data")
            .addExtensions("model_configuration")
            .addExtensions("parameters")
            .build());
  }

  /** Of the build; a class folder has none. */
  private static String version() {
    var version = OipCalls.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  Future<CallReply> modelMetadata(ModelMetadataRequest asked, Caller caller) {
    return ofModel(
        asked.getName(),
        asked.getVersion(),
        caller,
        () -> answer(caller, OipModel.metadata(spaceVersion.getAsLong())));
  }

  Future<CallReply> modelConfig(ModelConfigRequest asked, Caller caller) {
    return ofModel(
        asked.getName(),
        asked.getVersion(),
        caller,
        () ->
            answer(caller, ModelConfigResponse.newBuilder().setConfig(OipModel.config()).build()));
  }

  Future<CallReply> modelInfer(ModelInferRequest asked, Caller caller) {
    return ofModel(
        asked.getModelName(), asked.getModelVersion(), caller, () -> infer(asked, caller));
  }

  private Future<CallReply> infer(ModelInferRequest asked, Caller caller) {
    return switch (OipReader.read(asked, maxViolations)) {
      case Decoded.Illegible<?>(var violations) ->
          Future.succeededFuture(CallReply.Refusal.invalid(caller.requestId(), violations));
      case Decoded.Legible<RetrieveRequest>(var request) ->
          calls
              .retrieve(request, caller)
              .map(
                  reply ->
                      switch (reply) {
                        case CallReply.Answer(var id, var answer) ->
                            ofVersion(
                                asked,
                                caller,
                                id,
                                OipAnswer.write(asked, (RetrieveResponse) answer));
                        case CallReply.Refusal refusal when refusal.violations().isEmpty() ->
                            refusal;
                        case CallReply.Refusal refusal ->
                            CallReply.Refusal.invalid(
                                refusal.requestId(),
                                OipReader.inTensors(asked, refusal.violations()));
                      });
    };
  }

  /** Another space may have been activated since the version was looked at. */
  private static CallReply ofVersion(
      ModelInferRequest asked, Caller caller, String id, ModelInferResponse answer) {
    var version = asked.getModelVersion();
    return version.isEmpty() || version.equals(answer.getModelVersion())
        ? new CallReply.Answer(id, answer)
        : unknown(OipModel.NAME, version, caller, answer.getModelVersion());
  }

  private Future<CallReply> ofModel(
      String name, String version, Caller caller, Supplier<Future<CallReply>> call) {
    var served = Long.toString(spaceVersion.getAsLong());
    if (name.equals(OipModel.NAME) && (version.isEmpty() || version.equals(served))) {
      return call.get();
    }
    return Future.succeededFuture(unknown(name, version, caller, served));
  }

  private static CallReply unknown(String name, String version, Caller caller, String served) {
    return CallReply.Refusal.of(
        caller.requestId(),
        CallEnding.UNKNOWN_MODEL,
        "model is "
            + Violations.quote(name)
            + (version.isEmpty() ? "" : " version " + Violations.quote(version))
            + "; expected \""
            + OipModel.NAME
            + "\", version "
            + served
            + " or none");
  }

  private static Future<CallReply> answer(Caller caller, Message message) {
    return Future.succeededFuture(new CallReply.Answer(caller.requestId(), message));
  }
}
