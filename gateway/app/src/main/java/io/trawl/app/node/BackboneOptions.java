package io.trawl.app.node;

import io.trawl.app.config.ByteSize;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.OipClientOptions;
import io.trawl.workers.fleet.FleetOptions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;

/**
 * Where the backbone runs and how it is called.
 *
 * @param endpoints gRPC addresses of the workers, default {@code 127.0.0.1:8001} alone. Of those
 *     that are wrong none ever gets a call; if all are, the gateway is never ready
 * @param connectTimeout how long a TCP connect may take, default 200 ms. Long: a dead worker eats
 *     the whole deadline; short: a busy one is taken for dead
 * @param maxMessage largest message in either direction, default 64MiB
 * @param connections HTTP/2 connections to each worker, default 1. More help when one event loop is
 *     busy with large tensors
 * @param maxWaiting calls that may wait for a free stream to a worker, default 256; what finds no
 *     room is shed
 * @param fleet how one of the workers is chosen, judged and left
 */
public record BackboneOptions(
    List<String> endpoints,
    Duration connectTimeout,
    ByteSize maxMessage,
    int connections,
    int maxWaiting,
    FleetOptions fleet) {

  public BackboneOptions {
    endpoints = List.copyOf(endpoints);
    if (maxMessage.bytes() < 1024 || maxMessage.bytes() > 1 << 30) {
      throw new IllegalArgumentException("maxMessage is " + maxMessage + "; expected 1KiB to 1GiB");
    }
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException("endpoints is empty; expected host:port of each worker");
    }
    var seen = new HashSet<Endpoint>();
    for (String endpoint : endpoints) {
      if (!seen.add(Endpoint.parse(endpoint))) {
        throw new IllegalArgumentException(
            "endpoints has " + endpoint + " twice; expected each once");
      }
    }
  }

  public static BackboneOptions defaults() {
    return new BackboneOptions(
        List.of("127.0.0.1:8001"),
        Duration.ofMillis(200),
        new ByteSize(64 << 20),
        1,
        256,
        FleetOptions.defaults());
  }

  public BackboneOptions withEndpoint(String value) {
    return new BackboneOptions(
        List.of(value), connectTimeout, maxMessage, connections, maxWaiting, fleet);
  }

  List<Endpoint> workers() {
    return endpoints.stream().map(Endpoint::parse).toList();
  }

  OipClientOptions client(Endpoint endpoint) {
    return OipClientOptions.to(endpoint)
        .withConnectTimeout(connectTimeout)
        .withMaxMessageBytes(Math.toIntExact(maxMessage.bytes()))
        .withConnections(connections)
        .withMaxWaiting(maxWaiting);
  }
}
