package io.trawl.api;

import com.google.protobuf.Message;
import io.trawl.api.RetrievalCalls.Caller;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
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
final class OipCalls {

  private static final String SERVER = "trawl";

  private final RetrievalCalls calls;
  private final int maxViolations;
  private final LongSupplier spaceVersion;
  private final BooleanSupplier ready;

  /**
   * @param spaceVersion of the space that answers now
   * @param ready whether the gateway has proven that it answers
   */
  OipCalls(
      RetrievalCalls calls, int maxViolations, LongSupplier spaceVersion, BooleanSupplier ready) {
    this.calls = calls;
    this.maxViolations = maxViolations;
    this.spaceVersion = spaceVersion;
    this.ready = ready;
  }

  boolean ready() {
    return ready.getAsBoolean();
  }

  Future<Reply> serverLive(ServerLiveRequest asked, Caller caller) {
    return answer(caller, ServerLiveResponse.newBuilder().setLive(true).build());
  }

  Future<Reply> serverReady(ServerReadyRequest asked, Caller caller) {
    return answer(caller, ServerReadyResponse.newBuilder().setReady(ready()).build());
  }

  Future<Reply> modelReady(ModelReadyRequest asked, Caller caller) {
    return ofModel(
        asked.getName(),
        asked.getVersion(),
        caller,
        () -> answer(caller, ModelReadyResponse.newBuilder().setReady(ready()).build()));
  }

  Future<Reply> serverMetadata(ServerMetadataRequest asked, Caller caller) {
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

  Future<Reply> modelMetadata(ModelMetadataRequest asked, Caller caller) {
    return ofModel(
        asked.getName(),
        asked.getVersion(),
        caller,
        () -> answer(caller, OipModel.metadata(spaceVersion.getAsLong())));
  }

  Future<Reply> modelConfig(ModelConfigRequest asked, Caller caller) {
    return ofModel(
        asked.getName(),
        asked.getVersion(),
        caller,
        () ->
            answer(caller, ModelConfigResponse.newBuilder().setConfig(OipModel.config()).build()));
  }

  Future<Reply> modelInfer(ModelInferRequest asked, Caller caller) {
    return ofModel(
        asked.getModelName(), asked.getModelVersion(), caller, () -> infer(asked, caller));
  }

  private Future<Reply> infer(ModelInferRequest asked, Caller caller) {
    return switch (OipReader.read(asked, maxViolations)) {
      case Decoded.Illegible<?>(var violations) ->
          Future.succeededFuture(Reply.Refusal.invalid(caller.requestId(), violations));
      case Decoded.Legible<RetrieveRequest>(var request) ->
          calls
              .retrieve(request, caller)
              .map(
                  reply ->
                      switch (reply) {
                        case Reply.Answer(var id, var answer) ->
                            ofVersion(
                                asked,
                                caller,
                                id,
                                OipAnswer.write(asked, (RetrieveResponse) answer));
                        case Reply.Refusal refusal when refusal.violations().isEmpty() -> refusal;
                        case Reply.Refusal refusal ->
                            Reply.Refusal.invalid(
                                refusal.requestId(),
                                OipReader.inTensors(asked, refusal.violations()));
                      });
    };
  }

  /** Another space may have been activated since the version was looked at. */
  private static Reply ofVersion(
      ModelInferRequest asked, Caller caller, String id, ModelInferResponse answer) {
    var version = asked.getModelVersion();
    return version.isEmpty() || version.equals(answer.getModelVersion())
        ? new Reply.Answer(id, answer)
        : unknown(OipModel.NAME, version, caller, answer.getModelVersion());
  }

  private Future<Reply> ofModel(
      String name, String version, Caller caller, Supplier<Future<Reply>> call) {
    var served = Long.toString(spaceVersion.getAsLong());
    if (name.equals(OipModel.NAME) && (version.isEmpty() || version.equals(served))) {
      return call.get();
    }
    return Future.succeededFuture(unknown(name, version, caller, served));
  }

  private static Reply unknown(String name, String version, Caller caller, String served) {
    return Reply.Refusal.of(
        caller.requestId(),
        Ending.UNKNOWN_MODEL,
        "model is "
            + Violations.quote(name)
            + (version.isEmpty() ? "" : " version " + Violations.quote(version))
            + "; expected \""
            + OipModel.NAME
            + "\", version "
            + served
            + " or none");
  }

  private static Future<Reply> answer(Caller caller, Message message) {
    return Future.succeededFuture(new Reply.Answer(caller.requestId(), message));
  }
}
