package io.trawl.api.oip;

import io.trawl.api.call.CallEnding;
import io.trawl.api.call.Edge;
import io.trawl.api.http.Cors;
import io.trawl.api.http.HttpExchange;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.trawl.workers.tensors.InvalidTensors;
import io.trawl.workers.tensors.JsonInfer;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The Open Inference Protocol's paths on the HTTP port. */
public final class OipHttp implements Handler<HttpServerRequest> {

  private static final String ROOT = "/v2";

  private static final Pattern MODEL =
      Pattern.compile(ROOT + "/models/([^/]+)(?:/versions/([^/]+))?(?:/(ready|config|infer))?");

  private final Edge edge;
  private final Cors cors;
  private final OipCalls calls;

  public OipHttp(Edge edge, Cors cors, OipCalls calls) {
    this.edge = edge;
    this.cors = cors;
    this.calls = calls;
  }

  public static boolean serves(@Nullable String path) {
    return path != null && (path.equals(ROOT) || path.startsWith(ROOT + "/"));
  }

  @Override
  public void handle(HttpServerRequest request) {
    var form = new OipForm();
    var exchange = new HttpExchange(edge, cors, request, OipModel.PROTOCOL, form);
    if (exchange.admitted()) {
      exchange.guard(() -> route(exchange, form, request));
    }
  }

  private void route(HttpExchange exchange, OipForm form, HttpServerRequest request) {
    var path = String.valueOf(request.path());
    var caller = exchange.caller(Long.MAX_VALUE);
    switch (path) {
      case ROOT, ROOT + "/" -> {
        if (allowed(exchange, request, "server_metadata", HttpMethod.GET)) {
          var asked = ServerMetadataRequest.getDefaultInstance();
          exchange.answerWith(() -> calls.serverMetadata(asked, caller));
        }
      }
      case ROOT + "/health/live" -> {
        if (allowed(exchange, request, "server_live", HttpMethod.GET)) {
          var asked = ServerLiveRequest.getDefaultInstance();
          exchange.answerWith(() -> calls.serverLive(asked, caller));
        }
      }
      case ROOT + "/health/ready" -> {
        if (allowed(exchange, request, "server_ready", HttpMethod.GET)) {
          var asked = ServerReadyRequest.getDefaultInstance();
          exchange.answerWith(() -> calls.serverReady(asked, caller));
        }
      }
      default -> {
        var model = MODEL.matcher(path);
        if (model.matches()) {
          var version = model.group(2) == null ? "" : model.group(2);
          routeModel(exchange, form, request, model.group(1), version, model.group(3));
        } else {
          exchange.refuse(
              CallEnding.UNKNOWN_METHOD,
              "expected /v2, /v2/health/live, /v2/health/ready, or /v2/models/"
                  + OipModel.NAME
                  + " with nothing more, /ready, /config or /infer");
        }
      }
    }
  }

  private void routeModel(
      HttpExchange exchange,
      OipForm form,
      HttpServerRequest request,
      String name,
      String version,
      @Nullable String what) {
    var caller = exchange.caller(Long.MAX_VALUE);
    switch (what) {
      case "infer" -> {
        if (allowed(exchange, request, "model_infer", HttpMethod.POST)) {
          var header = request.getHeader(JsonInfer.HEADER_LENGTH);
          exchange.receive(body -> infer(exchange, form, name, version, body, header));
        }
      }
      case "ready" -> {
        if (allowed(exchange, request, "model_ready", HttpMethod.GET)) {
          var asked = ModelReadyRequest.newBuilder().setName(name).setVersion(version).build();
          exchange.answerWith(() -> calls.modelReady(asked, caller));
        }
      }
      case "config" -> {
        if (allowed(exchange, request, "model_config", HttpMethod.GET)) {
          var asked = ModelConfigRequest.newBuilder().setName(name).setVersion(version).build();
          exchange.answerWith(() -> calls.modelConfig(asked, caller));
        }
      }
      case null, default -> {
        if (allowed(exchange, request, "model_metadata", HttpMethod.GET)) {
          var asked = ModelMetadataRequest.newBuilder().setName(name).setVersion(version).build();
          exchange.answerWith(() -> calls.modelMetadata(asked, caller));
        }
      }
    }
  }

  private void infer(
      HttpExchange exchange,
      OipForm form,
      String name,
      String version,
      byte[] body,
      @Nullable String headerLength) {
    exchange.read(
        body.length,
        () -> {
          try {
            var asked = JsonInfer.read(name, version, HeapBytes.wrap(body), headerLength);
            return () -> {
              form.asked(asked);
              var caller = exchange.caller(Long.MAX_VALUE);
              exchange.answerWith(() -> calls.modelInfer(asked.request(), caller));
            };
          } catch (InvalidTensors unreadable) {
            return () -> exchange.refuseInvalid("", String.valueOf(unreadable.getMessage()));
          }
        });
  }

  private static boolean allowed(
      HttpExchange exchange, HttpServerRequest request, String method, HttpMethod expected) {
    exchange.method(method);
    if (request.method().equals(expected)) {
      return true;
    }
    request.response().putHeader(HttpHeaders.ALLOW, expected.name());
    exchange.refuse(CallEnding.METHOD_NOT_ALLOWED, "expected " + expected.name());
    return false;
  }
}
