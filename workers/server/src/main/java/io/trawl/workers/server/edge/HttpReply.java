package io.trawl.workers.server.edge;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.tensors.InvalidTensors;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers over HTTP, in the forms that all paths share. */
final class HttpReply {
  static final int TOO_MANY_REQUESTS = 429;

  private static final Logger LOG = LoggerFactory.getLogger(HttpReply.class);

  private HttpReply() {}

  static void json(HttpServerRequest request, Buffer body) {
    if (open(request)) {
      end(request, "application/json", body);
    }
  }

  /** The last of an answer, counted until its caller has taken it. */
  static void end(HttpServerRequest request, String contentType, Buffer body) {
    Context context = Vertx.currentContext();
    PortWatch.answering(
        request.connection(),
        body.length(),
        request.response().putHeader("content-type", contentType).end(body),
        () -> context.runOnContext(_ -> drop(request)));
  }

  /** Ends what nobody reads: a stream alone, or a connection that has no streams. */
  private static void drop(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset();
    } else {
      request.connection().close();
    }
  }

  static void status(HttpServerRequest request, int status) {
    if (open(request)) {
      request.response().setStatusCode(status).end();
    }
  }

  static void fail(HttpServerRequest request, CallFailure failure) {
    error(request, failure.httpStatus(), failure.message());
  }

  static void error(HttpServerRequest request, int status, String message) {
    if (open(request)) {
      request.response().setStatusCode(status);
      if (status == TOO_MANY_REQUESTS) {
        request.response().putHeader("retry-after", "1");
      }
      json(request, new JsonObject().put("error", message).toBuffer());
    }
  }

  /** What is no HTTP, or has a line or a head longer than is read. */
  static void notHttp(HttpServerRequest request) {
    Throwable why = request.decoderResult().cause();
    switch (why) {
      case TooLongHttpLineException _ ->
          error(request, 414, "the first line of the request is longer than is read");
      case TooLongHttpHeaderException _ ->
          error(request, 431, "the headers of the request are larger than is read");
      case null, default -> error(request, 400, "the head of the request is not HTTP");
    }
    request.connection().close();
  }

  static void methodNotAllowed(HttpServerRequest request, HttpMethod allowed) {
    request.response().putHeader("allow", allowed.name());
    error(
        request,
        405,
        "%s is not served at %s; expected %s".formatted(request.method(), request.path(), allowed));
  }

  static void failWith(HttpServerRequest request, Throwable failure) {
    if (failure instanceof RequestException known) {
      fail(request, known.failure());
    } else if (failure instanceof InvalidTensors invalid) {
      fail(request, CallFailure.invalid(String.valueOf(invalid.getMessage())));
    } else {
      LOG.error("{} {} ended in a bug", request.method(), request.path(), failure);
      fail(request, CallFailure.internal("internal error"));
    }
  }

  private static boolean open(HttpServerRequest request) {
    return !request.response().ended() && !request.response().closed();
  }
}
