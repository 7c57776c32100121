package io.trawl.workers.server.edge;

import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.server.run.BatchQueue;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.tensors.InvalidTensors;
import io.trawl.workers.tensors.JsonInfer;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** One inference over HTTP, from the first byte of its body to the answer. */
final class HttpInfer {
  /** What a byte of JSON may become while it is read: a list of "1," is boxed numbers. */
  private static final int BYTES_OF_A_TEXT_BYTE = 16;

  private final Vertx vertx;
  private final OipService service;
  private final HttpServerRequest request;
  private final String model;
  private final String version;
  private final Context context;
  private @Nullable Room room;
  private boolean ended;
  private boolean left;
  private Inference.Cancellation cancellation = Inference.Cancellation.NOTHING;

  HttpInfer(
      Vertx vertx, OipService service, HttpServerRequest request, String model, String version) {
    this.vertx = vertx;
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
    HttpBody.read(vertx, request, maxBytes, this::received, this::endWith);
  }

  private void received(Buffer whole, Room held) {
    if (ended || left) {
      held.close();
      return;
    }
    room = held;
    String headerLength = request.getHeader(JsonInfer.HEADER_LENGTH);
    if (whole.length() <= HttpBody.INLINE_BYTES) {
      try {
        ask(JsonInfer.read(model, version, whole, headerLength));
      } catch (RuntimeException | Error e) {
        endWith(e);
      }
      return;
    }
    long text;
    try {
      text = JsonInfer.textBytes(whole, headerLength);
    } catch (InvalidTensors wrong) {
      endWith(wrong);
      return;
    }
    MemoryBudget.Share reading = PortWatch.share(request.connection(), () -> {});
    if (!reading.take(text * BYTES_OF_A_TEXT_BYTE)) {
      end(
          Packing.noMemory(
              text + " bytes of JSON find no memory now; tensors take less as binary data"));
      return;
    }
    vertx
        .executeBlocking(() -> JsonInfer.read(model, version, whole, headerLength), false)
        .onComplete(_ -> reading.close())
        .onSuccess(this::ask)
        .onFailure(this::endWith);
  }

  private void ask(JsonInfer.Asked asked) {
    if (left) {
      return;
    }
    cancellation =
        service.infer(
            asked.request(),
            BatchQueue.NEVER,
            new Inference.Caller() {
              @Override
              public void answered(ModelInferResponse response) {
                answer(response, asked);
              }

              @Override
              public void failed(CallFailure failure) {
                context.runOnContext(_ -> end(failure));
              }
            });
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
    left = true;
    giveBack();
    cancellation.cancel();
  }

  private boolean mayEnd() {
    boolean may = !ended && !left;
    ended = true;
    giveBack();
    return may;
  }

  private void giveBack() {
    if (room != null) {
      room.close();
    }
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
