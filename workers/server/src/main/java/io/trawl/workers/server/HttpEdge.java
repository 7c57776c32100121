package io.trawl.workers.server;

import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP side of the worker, on Triton's paths. */
final class HttpEdge {
  private static final Logger LOG = LoggerFactory.getLogger(HttpEdge.class);
  private static final Pattern MODEL =
      Pattern.compile("/v2/models/([^/]+)(?:/versions/([^/]+))?(?:/(ready|config|infer))?");

  /** Larger bodies are parsed on a worker thread, so that the event loop stays free. */
  private static final int INLINE_BYTES = 32 << 10;

  private final Vertx vertx;
  private final OipService service;
  private final int maxMessageBytes;

  HttpEdge(Vertx vertx, OipService service, int maxMessageBytes) {
    this.vertx = vertx;
    this.service = service;
    this.maxMessageBytes = maxMessageBytes;
  }

  void handle(HttpServerRequest request) {
    try {
      route(request);
    } catch (RequestException e) {
      fail(request, e.problem());
    } catch (RuntimeException e) {
      failInBug(request, e);
    }
  }

  private void route(HttpServerRequest request) {
    switch (request.path()) {
      case "/v2", "/v2/" -> {
        if (allows(request, HttpMethod.GET)) {
          json(
              request,
              ProtoJson.of(service.serverMetadata(ServerMetadataRequest.getDefaultInstance())));
        }
      }
      case "/v2/health/live" -> {
        if (allows(request, HttpMethod.GET)) {
          health(request, true);
        }
      }
      case "/v2/health/ready" -> {
        if (allows(request, HttpMethod.GET)) {
          health(request, service.ready());
        }
      }
      default -> {
        Matcher model = MODEL.matcher(request.path());
        if (!model.matches()) {
          throw Problem.notFound("no such path: " + request.path()).asException();
        }
        String version = model.group(2) == null ? "" : decoded(model.group(2));
        routeModel(request, decoded(model.group(1)), version, model.group(3));
      }
    }
  }

  private void routeModel(
      HttpServerRequest request, String name, String version, @Nullable String what) {
    boolean infers = "infer".equals(what);
    if (!allows(request, infers ? HttpMethod.POST : HttpMethod.GET)) {
      return;
    }
    if (infers) {
      infer(request, name, version);
    } else if ("ready".equals(what)) {
      var asked = ModelReadyRequest.newBuilder().setName(name).setVersion(version).build();
      health(request, service.modelReady(asked).getReady());
    } else if ("config".equals(what)) {
      var asked = ModelConfigRequest.newBuilder().setName(name).setVersion(version).build();
      json(request, ProtoJson.of(service.modelConfig(asked).getConfig()));
    } else {
      var asked = ModelMetadataRequest.newBuilder().setName(name).setVersion(version).build();
      json(request, ProtoJson.of(service.modelMetadata(asked)));
    }
  }

  private static String decoded(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw Problem.invalid("path segment '" + segment + "' is not URL-encoded").asException();
    }
  }

  private static boolean allows(HttpServerRequest request, HttpMethod method) {
    if (request.method().equals(method)) {
      return true;
    }
    request.response().putHeader("allow", method.name()).setStatusCode(405).end();
    return false;
  }

  private void infer(HttpServerRequest request, String name, String version) {
    Exchange exchange = new Exchange(request, name, version);
    request.response().exceptionHandler(_ -> exchange.leave());
    request.response().closeHandler(_ -> exchange.leave());
    request.exceptionHandler(_ -> exchange.leave());
    request.handler(exchange::receive);
    request.endHandler(_ -> exchange.received());
  }

  private static void health(HttpServerRequest request, boolean good) {
    request.response().setStatusCode(good ? 200 : 503).end();
  }

  private static void json(HttpServerRequest request, JsonObject body) {
    request.response().putHeader("content-type", "application/json").end(body.toBuffer());
  }

  private static void fail(HttpServerRequest request, Problem problem) {
    if (!request.response().ended() && !request.response().closed()) {
      request.response().setStatusCode(problem.code().httpStatus());
      json(request, new JsonObject().put("error", problem.message()));
    }
  }

  private static void failInBug(HttpServerRequest request, Throwable bug) {
    LOG.error("{} {} ended in a bug", request.method(), request.path(), bug);
    fail(request, new Problem(Problem.Code.INTERNAL, Problem.Reason.OTHER, "internal error"));
  }

  /** One inference over HTTP, from the first byte of its body to the answer. */
  private final class Exchange {
    private final HttpServerRequest request;
    private final String model;
    private final String version;
    private final Context context = vertx.getOrCreateContext();
    private Buffer body = Buffer.buffer();
    private boolean ended;
    private boolean left;
    private Inference.Cancellation cancellation = Inference.Cancellation.NOTHING;

    Exchange(HttpServerRequest request, String model, String version) {
      this.request = request;
      this.model = model;
      this.version = version;
    }

    void receive(Buffer chunk) {
      if (ended) {
        return;
      }
      if (body.length() + chunk.length() > maxMessageBytes) {
        body = Buffer.buffer();
        // The rest is not read: the answer goes out and the connection ends with it.
        request.response().putHeader("connection", "close");
        end(
            new Problem(
                Problem.Code.RESOURCE_EXHAUSTED,
                Problem.Reason.OTHER,
                "request is larger than " + maxMessageBytes + " bytes"));
        return;
      }
      body.appendBuffer(chunk);
    }

    void received() {
      if (ended) {
        return;
      }
      String headerLength = request.getHeader(JsonInfer.HEADER_LENGTH);
      Buffer whole = body;
      if (whole.length() <= INLINE_BYTES) {
        try {
          start(JsonInfer.read(model, version, whole, headerLength));
        } catch (RuntimeException e) {
          endWith(e);
        }
        return;
      }
      vertx
          .executeBlocking(() -> JsonInfer.read(model, version, whole, headerLength), false)
          .onSuccess(this::start)
          .onFailure(this::endWith);
    }

    private void start(JsonInfer.Asked asked) {
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
                public void failed(Problem problem) {
                  context.runOnContext(_ -> end(problem));
                }
              });
    }

    /** Written by the thread of the instance: the event loop has others to serve. */
    private void answer(ModelInferResponse response, JsonInfer.Asked asked) {
      try {
        JsonInfer.Answer answer = JsonInfer.write(response, asked);
        context.runOnContext(_ -> end(answer));
      } catch (RuntimeException e) {
        context.runOnContext(_ -> endWith(e));
      }
    }

    void leave() {
      left = true;
      cancellation.cancel();
    }

    private boolean mayEnd() {
      boolean may = !ended && !left;
      ended = true;
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
      request
          .response()
          .putHeader("content-type", binary ? "application/octet-stream" : "application/json")
          .end(answer.body());
    }

    private void end(Problem problem) {
      if (mayEnd()) {
        fail(request, problem);
      }
    }

    private void endWith(Throwable failure) {
      if (failure instanceof RequestException known) {
        end(known.problem());
      } else if (mayEnd()) {
        failInBug(request, failure);
      }
    }
  }
}
