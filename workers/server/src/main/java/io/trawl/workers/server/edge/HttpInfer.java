package io.trawl.workers.server.edge;

import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.server.run.BatchQueue;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.tensors.JsonInfer;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** One inference over HTTP, from the first byte of its body to the answer. */
final class HttpInfer {
  private final Reading reading;
  private final OipService service;
  private final HttpServerRequest request;
  private final String model;
  private final String version;
  private final Context context;
  private @Nullable Room room;
  private boolean ended;
  private boolean left;
  private @Nullable HttpBody<JsonInfer.Asked> body;
  private Inference.Cancellation cancellation = Inference.Cancellation.NOTHING;

  HttpInfer(
      Vertx vertx,
      Reading reading,
      OipService service,
      HttpServerRequest request,
      String model,
      String version) {
    this.reading = reading;
    this.service = service;
    this.request = request;
    this.model = model;
    this.version = version;
    this.context = vertx.getOrCreateContext();
  }

  void start(int maxBytes) {
    request.response().exceptionHandler(_ -> leave());
    request.response().closeHandler(_ -> leave());
    request.exceptionHandler(_ -> leave());
    String headerLength = request.getHeader(JsonInfer.HEADER_LENGTH);
    body =
        HttpBody.read(
            reading,
            request,
            maxBytes,
            (whole, held) -> read(whole, held, headerLength),
            this::received,
            this::endWith);
  }

  private JsonInfer.Asked read(Buffer whole, Room held, @Nullable String headerLength) {
    JsonWeight.reach(
        held,
        whole,
        JsonInfer.textBytes(whole, headerLength),
        "; tensors take less as binary data");
    JsonInfer.Asked asked = JsonInfer.read(model, version, whole, headerLength);
    held.settle((long) whole.length() + asked.request().getSerializedSize());
    return asked;
  }

  private void received(JsonInfer.Asked asked, Room held) {
    if (ended || left) {
      held.close();
      return;
    }
    room = held;
    Inference.Caller caller =
        new Inference.Caller() {
          @Override
          public void answered(ModelInferResponse response) {
            answer(response, asked);
          }

          @Override
          public void failed(CallFailure failure) {
            context.runOnContext(_ -> end(failure));
          }
        };
    try {
      cancellation = service.infer(asked.request(), BatchQueue.NEVER, caller);
    } catch (RuntimeException | Error e) {
      endWith(e);
    }
  }

  /** Written by the thread of the instance: the event loop has others to serve. */
  private void answer(ModelInferResponse response, JsonInfer.Asked asked) {
    try {
      JsonInfer.Answer answer = JsonInfer.write(response, asked);
      context.runOnContext(_ -> end(answer));
    } catch (RuntimeException | Error e) {
      context.runOnContext(_ -> endWith(e));
    }
  }

  private void leave() {
    if (!left) {
      left = true;
      if (body != null) {
        body.left();
      }
      cancellation.cancel();
    }
  }

  private boolean mayEnd() {
    boolean may = !ended && !left;
    ended = true;
    if (room != null) {
      room.close();
    }
    return may;
  }

  private void end(JsonInfer.Answer answer) {
    if (!mayEnd()) {
      return;
    }
    boolean binary = answer.headerBytes() >= 0;
    if (binary) {
      String headerBytes = Integer.toString(answer.headerBytes());
      request.response().putHeader(JsonInfer.HEADER_LENGTH, headerBytes);
    }
    HttpReply.end(request, binary ? "application/octet-stream" : "application/json", answer.body());
  }

  private void end(CallFailure failure) {
    if (mayEnd()) {
      HttpReply.fail(request, failure);
    }
  }

  private void endWith(Throwable failure) {
    if (mayEnd()) {
      HttpReply.failWith(request, failure);
    }
  }
}
