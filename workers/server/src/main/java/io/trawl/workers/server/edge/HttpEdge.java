package io.trawl.workers.server.edge;

import com.google.protobuf.Message;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelStatisticsRequest;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.server.edge.Restriction.Protocol;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.tensors.ProtoJson;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The HTTP side of the worker, on Triton's paths. */
public final class HttpEdge {
  private static final int FORBIDDEN = 403;
  private static final Pattern MODEL =
      Pattern.compile("/v2/models/([^/]+)(?:/versions/([0-9]+))?(?:/(ready|config|stats|infer))?");
  private static final Pattern CONTROL =
      Pattern.compile("/v2/repository/models/([^/]+)/(load|unload)");

  /** Triton's other paths: what they are about does not exist here, and is not advertised. */
  private static final Pattern NOT_SERVED =
      Pattern.compile(
          "/v2/(?:(?:system|cuda)sharedmemory/.+|(?:models/[^/]+/)?trace/setting|logging"
              + "|models/.+/generate(?:_stream)?)");

  private final Vertx vertx;
  private final Reading reading;
  private final OipService service;
  private final HttpControl control;
  private final int maxMessageBytes;
  private final Restrictions restrictions;

  public HttpEdge(
      Vertx vertx,
      OipService service,
      Reading reading,
      int maxMessageBytes,
      Restrictions restrictions) {
    this.vertx = vertx;
    this.reading = reading;
    this.service = service;
    this.control = new HttpControl(reading, service.control(), maxMessageBytes);
    this.maxMessageBytes = maxMessageBytes;
    this.restrictions = restrictions;
  }

  /** Answers what is no HTTP, on any port. */
  public static void refuse(HttpServerRequest noHttp) {
    HttpReply.notHttp(noHttp);
  }

  public void handle(HttpServerRequest request) {
    try {
      route(request);
    } catch (RuntimeException | Error e) {
      HttpReply.failWith(request, e);
    }
  }

  private void route(HttpServerRequest request) {
    switch (request.path()) {
      case "/v2", "/v2/" -> {
        if (allows(request, HttpMethod.GET, Protocol.METADATA)) {
          json(request, service.serverMetadata(ServerMetadataRequest.getDefaultInstance()));
        }
      }
      case "/v2/health/live" -> {
        if (allows(request, HttpMethod.GET, Protocol.HEALTH)) {
          health(request, true);
        }
      }
      case "/v2/health/ready" -> {
        if (allows(request, HttpMethod.GET, Protocol.HEALTH)) {
          health(request, service.ready());
        }
      }
      case "/v2/models/stats" -> {
        if (allows(request, HttpMethod.GET, Protocol.STATISTICS)) {
          json(request, service.modelStatistics(ModelStatisticsRequest.getDefaultInstance()));
        }
      }
      case "/v2/repository/index" -> {
        if (allows(request, HttpMethod.POST, Protocol.MODEL_REPOSITORY)) {
          control.index(request);
        }
      }
      default -> routeByPattern(request);
    }
  }

  private void routeByPattern(HttpServerRequest request) {
    Matcher model = MODEL.matcher(request.path());
    Matcher controlled = CONTROL.matcher(request.path());
    if (model.matches()) {
      String version = model.group(2) == null ? "" : model.group(2);
      routeModel(request, decoded(model.group(1)), version, model.group(3));
    } else if (controlled.matches()) {
      if (allows(request, HttpMethod.POST, Protocol.MODEL_REPOSITORY)) {
        String name = decoded(controlled.group(1));
        if (controlled.group(2).equals("load")) {
          control.load(request, name);
        } else {
          control.unload(request, name);
        }
      }
    } else if (NOT_SERVED.matcher(request.path()).matches()) {
      throw CallFailure.unimplemented(request.path() + " is not served by this worker")
          .asException();
    } else {
      throw CallFailure.notFound("no such path: " + request.path()).asException();
    }
  }

  private void routeModel(
      HttpServerRequest request, String name, String version, @Nullable String what) {
    boolean infers = "infer".equals(what);
    if (!allows(request, infers ? HttpMethod.POST : HttpMethod.GET, protocol(what))) {
      return;
    }
    switch (what) {
      case "infer" ->
          new HttpInfer(vertx, reading, service, request, name, version).start(maxMessageBytes);
      case "ready" -> {
        var asked = ModelReadyRequest.newBuilder().setName(name).setVersion(version).build();
        if (service.modelReady(asked).getReady()) {
          health(request, true);
        } else {
          throw CallFailure.invalid("Model version not ready").asException();
        }
      }
      case "config" -> {
        var asked = ModelConfigRequest.newBuilder().setName(name).setVersion(version).build();
        json(request, service.modelConfig(asked).getConfig());
      }
      case "stats" -> {
        var asked = ModelStatisticsRequest.newBuilder().setName(name).setVersion(version).build();
        json(request, service.modelStatistics(asked));
      }
      case null, default -> {
        var asked = ModelMetadataRequest.newBuilder().setName(name).setVersion(version).build();
        json(request, service.modelMetadata(asked));
      }
    }
  }

  private static Protocol protocol(@Nullable String what) {
    return switch (what) {
      case "infer" -> Protocol.INFERENCE;
      case "ready" -> Protocol.HEALTH;
      case "config" -> Protocol.MODEL_CONFIG;
      case "stats" -> Protocol.STATISTICS;
      case null, default -> Protocol.METADATA;
    };
  }

  private static String decoded(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw CallFailure.invalid("path segment '" + segment + "' is not URL-encoded").asException();
    }
  }

  private boolean allows(HttpServerRequest request, HttpMethod method, Protocol protocol) {
    if (!request.method().equals(method)) {
      HttpReply.methodNotAllowed(request, method);
      return false;
    }
    Optional<String> missing = restrictions.missing(protocol, request.headers());
    missing.ifPresent(
        header ->
            HttpReply.error(
                request, FORBIDDEN, "This API is restricted, expecting header '" + header + "'"));
    return missing.isEmpty();
  }

  private static void health(HttpServerRequest request, boolean good) {
    HttpReply.status(request, good ? 200 : 400);
  }

  private static void json(HttpServerRequest request, Message message) {
    HttpReply.json(request, ProtoJson.of(message).toBuffer());
  }
}
