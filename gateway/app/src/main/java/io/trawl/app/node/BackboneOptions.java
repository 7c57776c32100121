package io.trawl.app.node;

import io.trawl.app.config.ByteSize;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.OipClientOptions;
import java.time.Duration;

/**
 * Where the backbone runs and how it is called.
 *
 * @param endpoint gRPC address of the worker, default {@code 127.0.0.1:8001}. Wrong: never ready
 * @param connectTimeout how long a TCP connect may take, default 200 ms. Long: a dead worker eats
 *     the whole deadline; short: a busy one is taken for dead
 * @param maxMessage largest message in either direction, default 64MiB
 * @param connections HTTP/2 connections, default 1. More help when one event loop is busy with
 *     large tensors
 * @param maxWaiting calls that may wait for a free stream, default 256; what finds no room is shed
 */
public record BackboneOptions(
    String endpoint,
    Duration connectTimeout,
    ByteSize maxMessage,
    int connections,
    int maxWaiting) {

  public BackboneOptions {
    if (maxMessage.bytes() < 1024 || maxMessage.bytes() > 1 << 30) {
      throw new IllegalArgumentException("maxMessage is " + maxMessage + "; expected 1KiB to 1GiB");
    }
    Endpoint.parse(endpoint);
  }

  public static BackboneOptions defaults() {
    return new BackboneOptions(
        "127.0.0.1:8001", Duration.ofMillis(200), new ByteSize(64 << 20), 1, 256);
  }

  public BackboneOptions withEndpoint(String value) {
    return new BackboneOptions(value, connectTimeout, maxMessage, connections, maxWaiting);
  }

  OipClientOptions client() {
    return OipClientOptions.to(Endpoint.parse(endpoint))
        .withConnectTimeout(connectTimeout)
        .withMaxMessageBytes(Math.toIntExact(maxMessage.bytes()))
        .withConnections(connections)
        .withMaxWaiting(maxWaiting);
  }
}
