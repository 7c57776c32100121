package io.trawl.workers.testkit;

import com.google.protobuf.MessageLite;
import io.trawl.workers.protocol.ModelInferRequest;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.charset.StandardCharsets;

/**
 * The server's end of one inference: what came, and every way to answer it, down to the bytes.
 * Writing to a caller who has left does nothing.
 */
public final class Exchange {

  private final Vertx vertx;
  private final HttpServerRequest http;
  private final SeenCall seen;

  Exchange(Vertx vertx, HttpServerRequest http, SeenCall seen) {
    this.vertx = vertx;
    this.http = http;
    this.seen = seen;
  }

  public ModelInferRequest request() {
    return seen.request();
  }

  public Vertx vertx() {
    return vertx;
  }

  SeenCall seen() {
    return seen;
  }

  /** Whether the call has ended, by whichever side. */
  public boolean over() {
    return seen.ending().isComplete();
  }

  /** One message and status OK. */
  public void answer(MessageLite message) {
    write(frame(message.toByteArray()));
    end(GrpcStatus.OK, "");
  }

  /** A status alone, in the headers, as servers send errors of unary calls. */
  public void fail(GrpcStatus status, String message) {
    if (!over()) {
      HttpServerResponse response = response();
      response.putHeader("grpc-status", Integer.toString(status.code));
      response.putHeader("grpc-message", percentEncoded(message));
      response.end().onSuccess(_ -> seen.end(SeenEnding.ANSWERED));
    }
  }

  /** Raw bytes of the body. */
  public void write(Buffer bytes) {
    if (!over()) {
      response().write(bytes);
    }
  }

  /** Ends the body with a status in the trailers. */
  public void end(GrpcStatus status, String message) {
    if (!over()) {
      HttpServerResponse response = response();
      response.putTrailer("grpc-status", Integer.toString(status.code));
      if (!message.isEmpty()) {
        response.putTrailer("grpc-message", percentEncoded(message));
      }
      response.end().onSuccess(_ -> seen.end(SeenEnding.ANSWERED));
    }
  }

  /** Ends the body without any status, which no server may do. */
  public void endWithoutStatus() {
    if (!over()) {
      response().end().onSuccess(_ -> seen.end(SeenEnding.ANSWERED));
    }
  }

  /** An HTTP status that is no gRPC at all, as a proxy gives it. */
  public void httpStatus(int status) {
    if (!over()) {
      http.response().setStatusCode(status).end().onSuccess(_ -> seen.end(SeenEnding.ANSWERED));
    }
  }

  /** Resets the stream. */
  public void reset(long http2Code) {
    if (!over()) {
      seen.end(SeenEnding.ANSWERED);
      http.response().reset(http2Code);
    }
  }

  /** Closes the whole connection, and with it every other call on it. */
  public void disconnect() {
    http.connection().close();
  }

  /** A message behind the five bytes of its frame. */
  public static Buffer frame(byte[] message) {
    return Buffer.buffer(5 + message.length)
        .appendByte((byte) 0)
        .appendInt(message.length)
        .appendBytes(message);
  }

  private HttpServerResponse response() {
    HttpServerResponse response = http.response();
    if (!response.headWritten()) {
      response.setChunked(true).putHeader("content-type", "application/grpc");
    }
    return response;
  }

  private static String percentEncoded(String message) {
    var encoded = new StringBuilder();
    for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b <= '~' && b != '%') {
        encoded.append((char) b);
      } else {
        encoded.append("%%%02X".formatted(b));
      }
    }
    return encoded.toString();
  }
}
