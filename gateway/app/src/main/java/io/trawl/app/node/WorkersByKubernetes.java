package io.trawl.app.node;

import java.time.Duration;

/**
 * Endpoint slices.
 *
 * @param namespace of the service, default {@code default}
 * @param service whose slices are watched; empty, the default, for none
 * @param port its name in the slices, or its number, default {@code grpc}
 * @param relist after which all are listed anew, default 1 min
 */
public record WorkersByKubernetes(String namespace, String service, String port, Duration relist) {
  static final WorkersByKubernetes NONE =
      new WorkersByKubernetes("default", "", "grpc", Duration.ofMinutes(1));
}
