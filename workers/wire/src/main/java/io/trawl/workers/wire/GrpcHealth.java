package io.trawl.workers.wire;

import io.trawl.workers.protocol.HealthCheckRequest;
import io.trawl.workers.protocol.HealthCheckResponse;
import io.trawl.workers.protocol.HealthCheckResponse.ServingStatus;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The service {@code grpc.health.v1.Health}, for any gRPC server of Vert.x.
 *
 * <p>{@code Check} asks the source; a service that the source does not know gets NOT_FOUND. {@code
 * Watch} answers at once and then each time that the status has changed; an unknown service is
 * SERVICE_UNKNOWN there, as the protocol wants it. Watchers look at the source again and again
 * rather than being told, so that nobody who changes a status can forget them; a status that comes
 * and goes between two looks is not seen. Their number is bounded, in all and by address: those
 * beyond get RESOURCE_EXHAUSTED. Where all places are taken, an address with fewer than another
 * takes the oldest of the one with most, which ends so too.
 *
 * {@snippet :
 * GrpcHealth.of(vertx, service -> service.isEmpty() ? ready() : null).mount(server);
 * }
 */
public final class GrpcHealth {
  private static final ServiceName SERVICE = ServiceName.create("grpc.health.v1.Health");
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
  private static final int MOST_WATCHERS = 1000;
  private static final int MOST_OF_ADDRESS = 16;

  private final Vertx vertx;
  private final Function<String, @Nullable Boolean> serving;
  private final Duration lookAgain;
  private final Places watchers;

  private GrpcHealth(
      Vertx vertx,
      Function<String, @Nullable Boolean> serving,
      Duration lookAgain,
      Places watchers) {
    this.vertx = vertx;
    this.serving = serving;
    this.lookAgain = lookAgain;
    this.watchers = watchers;
  }

  /**
   * Health out of a source.
   *
   * @param serving whether the service of that name serves, null if there is no such service. The
   *     empty name is the server as a whole. Called on event loops, often; must not wait
   */
  public static GrpcHealth of(Vertx vertx, Function<String, @Nullable Boolean> serving) {
    return new GrpcHealth(vertx, serving, LOOK_AGAIN, new Places(MOST_WATCHERS, MOST_OF_ADDRESS));
  }

  /** For tests, which do not want to wait a second, nor to open a thousand streams. */
  static GrpcHealth of(
      Vertx vertx,
      Function<String, @Nullable Boolean> serving,
      Duration lookAgain,
      Places watchers) {
    return new GrpcHealth(vertx, serving, lookAgain, watchers);
  }

  /** Adds the service to a server. */
  public void mount(GrpcServer server) {
    SmallCall.serve(server, SERVICE, "Check", this::check);
    SmallCall.serve(server, SERVICE, "Watch", this::watch);
  }

  private void check(SmallCall call) {
    call.read(
        HealthCheckRequest.parser(),
        request -> {
          ServingStatus status = status(request.getService());
          if (status == ServingStatus.SERVICE_UNKNOWN) {
            call.fail(GrpcStatus.NOT_FOUND, "unknown service '" + request.getService() + "'");
          } else {
            call.end(answer(status));
          }
        },
        () -> refuseEmpty(call));
  }

  private void watch(SmallCall call) {
    var watch = new Watch(call);
    call.read(
        HealthCheckRequest.parser(),
        request -> watch.start(request.getService()),
        () -> {
          if (watch.service == null) {
            refuseEmpty(call);
          }
        });
  }

  private static void refuseEmpty(SmallCall call) {
    call.fail(GrpcStatus.INVALID_ARGUMENT, "the call ended without a request message");
  }

  private ServingStatus status(String service) {
    Boolean serves = serving.apply(service);
    if (serves == null) {
      return ServingStatus.SERVICE_UNKNOWN;
    }
    return serves ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  private static HealthCheckResponse answer(ServingStatus status) {
    return HealthCheckResponse.newBuilder().setStatus(status).build();
  }

  /** One watcher; lives on the context of its connection. */
  private final class Watch {
    private final SmallCall call;
    private @Nullable String service;
    private ServingStatus told = ServingStatus.UNKNOWN;

    Watch(SmallCall call) {
      this.call = call;
    }

    void start(String name) {
      if (service != null) {
        call.fail(GrpcStatus.INVALID_ARGUMENT, "a watch takes one request message");
        return;
      }
      Context context = Vertx.currentContext();
      Places.Place place =
          watchers.take(call.caller(), () -> context.runOnContext(_ -> displaced()));
      if (place == null) {
        call.fail(
            GrpcStatus.RESOURCE_EXHAUSTED,
            "there are as many watchers of this address, or in all, as there may be");
        return;
      }
      service = name;
      long timer = vertx.setPeriodic(lookAgain.toMillis(), _ -> look(name));
      call.whenOver(
          () -> {
            vertx.cancelTimer(timer);
            place.leave();
          });
      look(name);
    }

    private void displaced() {
      call.fail(
          GrpcStatus.RESOURCE_EXHAUSTED, "a watcher of another address, which had fewer, is here");
    }

    private void look(String name) {
      ServingStatus now = status(name);
      if (now != told && !call.full()) {
        told = now;
        call.write(answer(now));
      }
    }
  }
}
