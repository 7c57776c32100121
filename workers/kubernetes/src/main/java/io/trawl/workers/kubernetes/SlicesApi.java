package io.trawl.workers.kubernetes;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceList;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.trawl.workers.fleet.resolve.Failure;
import io.trawl.workers.fleet.resolve.ResolveOptions.Slices;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The API server, as far as endpoint slices of one service go. Every method waits; none belongs on
 * an event loop.
 */
final class SlicesApi implements AutoCloseable {

  private static final String SERVICE = "kubernetes.io/service-name";
  private static final int CONNECT_MILLIS = (int) TimeUnit.SECONDS.toMillis(5);
  private static final int REQUEST_MILLIS = (int) TimeUnit.SECONDS.toMillis(10);

  private final Slices options;
  private final KubernetesClient client;

  private SlicesApi(Slices options, KubernetesClient client) {
    this.options = options;
    this.client = client;
  }

  /** A client that tries nothing twice by itself: its caller counts what fails, and waits. */
  static SlicesApi open(Slices options, Config config) {
    var once =
        new ConfigBuilder(config)
            .withConnectionTimeout(CONNECT_MILLIS)
            .withRequestTimeout(REQUEST_MILLIS)
            .withRequestRetryBackoffLimit(0)
            .withWatchReconnectLimit(0)
            .build();
    return new SlicesApi(
        options,
        new KubernetesClientBuilder()
            .withConfig(once)
            .withHttpClientFactory(new JdkHttpClientFactory())
            .build());
  }

  EndpointSliceList list() {
    return slices().list();
  }

  /** Watches from a version on, until it is closed or ends by itself, which it says. */
  Watch watch(String version, Watcher<EndpointSlice> watcher) {
    return slices().watch(new ListOptionsBuilder().withResourceVersion(version).build(), watcher);
  }

  private FilterWatchListDeletable<EndpointSlice, EndpointSliceList, Resource<EndpointSlice>>
      slices() {
    return client
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace(options.namespace())
        .withLabel(SERVICE, options.service());
  }

  /** What kind of failure it was. */
  static Failure failure(RuntimeException thrown) {
    if (thrown instanceof KubernetesClientException refused && refused.getCode() > 0) {
      return Failure.REFUSED;
    }
    if (causedBy(thrown, TimeoutException.class) || causedBy(thrown, HttpTimeoutException.class)) {
      return Failure.TIMEOUT;
    }
    return causedBy(thrown, IOException.class) ? Failure.UNREACHABLE : Failure.MALFORMED;
  }

  private static boolean causedBy(Throwable thrown, Class<? extends Throwable> kind) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (kind.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  /** What to say of it. */
  static String why(RuntimeException thrown) {
    if (thrown instanceof KubernetesClientException refused && refused.getStatus() != null) {
      return "endpoint slices: %d %s"
          .formatted(refused.getCode(), refused.getStatus().getMessage());
    }
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return "endpoint slices: " + cause;
  }

  @Override
  public void close() {
    client.close();
  }
}
