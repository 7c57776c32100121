package io.trawl.workers.testkit;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A behaviour that answers; its methods give the same answer, spoiled in one way each. */
public final class Answer implements Behaviour {

  private final Function<ModelInferRequest, ModelInferResponse> function;

  Answer(Function<ModelInferRequest, ModelInferResponse> function) {
    this.function = function;
  }

  @Override
  public void play(Exchange exchange) {
    exchange.answer(function.apply(exchange.request()));
  }

  /** Answers for a version of its own choice. */
  public Answer ofVersion(String version) {
    return changed(response -> response.setModelVersion(version));
  }

  /** Answers for a model of its own choice. */
  public Answer ofModel(String model) {
    return changed(response -> response.setModelName(model));
  }

  /** Takes the last byte off the first tensor; its shape stays. */
  public Answer lyingSizes() {
    return changed(
        response -> {
          ByteString raw = response.getRawOutputContents(0);
          return response.setRawOutputContents(0, raw.substring(0, raw.size() - 1));
        });
  }

  /** Leaves the raw contents of the last output out. */
  public Answer missingContents() {
    return changed(
        response -> {
          List<ByteString> all = List.copyOf(response.getRawOutputContentsList());
          return response
              .clearRawOutputContents()
              .addAllRawOutputContents(all.subList(0, all.size() - 1));
        });
  }

  /** Makes the message at least so large, by a parameter that nobody asked for. */
  public Answer oversized(int bytes) {
    return changed(
        response -> {
          response.putParameters(
              "padding", InferParameter.newBuilder().setStringParam("x".repeat(bytes)).build());
          return response;
        });
  }

  /** Sends half of the message, then status OK. */
  public Behaviour half() {
    return exchange -> {
      Buffer frame = framed(exchange);
      exchange.write(frame.slice(0, frame.length() / 2));
      exchange.end(GrpcStatus.OK, "");
    };
  }

  /** Sends the message so many bytes at a time, one piece each millisecond. */
  public Behaviour dripping(int bytes) {
    return exchange -> drip(exchange, framed(exchange), bytes);
  }

  /** Sends half of the message, and the rest once the gate is open. */
  public Behaviour pausing(Gate gate) {
    return exchange -> {
      Buffer frame = framed(exchange);
      exchange.write(frame.slice(0, frame.length() / 2));
      gate.opened()
          .onSuccess(
              _ -> {
                exchange.write(frame.slice(frame.length() / 2, frame.length()));
                exchange.end(GrpcStatus.OK, "");
              });
    };
  }

  static ModelInferResponse response(ModelInferRequest request, List<RawTensor> outputs) {
    var response =
        ModelInferResponse.newBuilder()
            .setModelName(request.getModelName())
            .setModelVersion(request.getModelVersion().isEmpty() ? "1" : request.getModelVersion())
            .setId(request.getId());
    for (RawTensor tensor : outputs) {
      response
          .addOutputsBuilder()
          .setName(tensor.name())
          .setDatatype(tensor.datatype())
          .addAllShape(tensor.shape());
      response.addRawOutputContents(tensor.raw());
    }
    return response.build();
  }

  private Answer changed(UnaryOperator<ModelInferResponse.Builder> change) {
    return new Answer(request -> change.apply(function.apply(request).toBuilder()).build());
  }

  private Buffer framed(Exchange exchange) {
    return Exchange.frame(function.apply(exchange.request()).toByteArray());
  }

  private static void drip(Exchange exchange, Buffer rest, int bytes) {
    int piece = Math.min(bytes, rest.length());
    exchange.write(rest.slice(0, piece));
    if (piece == rest.length()) {
      exchange.end(GrpcStatus.OK, "");
    } else if (!exchange.over()) {
      exchange.vertx().setTimer(1, _ -> drip(exchange, rest.slice(piece, rest.length()), bytes));
    }
  }
}
