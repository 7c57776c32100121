package io.trawl.api.oip;

import io.trawl.api.call.CallReply;
import io.trawl.api.http.HttpForm;
import io.trawl.workers.protocol.ModelConfigResponse;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelReadyResponse;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.protocol.ServerReadyResponse;
import io.trawl.workers.tensors.JsonInfer;
import io.trawl.workers.tensors.ProtoJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How the Open Inference Protocol writes the answer to one request over HTTP. */
final class OipForm implements HttpForm {

  private static final int NOT_READY = 503;

  private JsonInfer.@Nullable Asked asked;

  /** The inference that is to be answered; tells which outputs are wanted raw. */
  void asked(JsonInfer.Asked inference) {
    asked = inference;
  }

  @Override
  public Page write(CallReply reply) {
    var inference = asked;
    return switch (reply) {
      case CallReply.Refusal refusal ->
          Page.json(
              refusal.ending().httpStatus(),
              new JsonObject().put("error", refusal.text()).toBuffer());
      case CallReply.Answer(_, ServerLiveResponse live) -> health(live.getLive());
      case CallReply.Answer(_, ServerReadyResponse ready) -> health(ready.getReady());
      case CallReply.Answer(_, ModelReadyResponse ready) -> health(ready.getReady());
      case CallReply.Answer(_, ModelInferResponse answer) when inference != null ->
          inferred(JsonInfer.write(answer, inference));
      case CallReply.Answer(_, ModelConfigResponse answer) ->
          Page.json(200, ProtoJson.of(answer.getConfig()).toBuffer());
      case CallReply.Answer(_, var answer) -> Page.json(200, ProtoJson.of(answer).toBuffer());
    };
  }

  private static Page health(boolean good) {
    return new Page(good ? 200 : NOT_READY, Map.of(), Buffer.buffer());
  }

  private static Page inferred(JsonInfer.Answer answer) {
    return answer.headerBytes() < 0
        ? Page.json(200, answer.body())
        : new Page(
            200,
            Map.of(
                "content-type",
                "application/octet-stream",
                JsonInfer.HEADER_LENGTH,
                Integer.toString(answer.headerBytes())),
            answer.body());
  }
}
