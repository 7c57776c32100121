package io.trawl.workers.client;

import static io.trawl.workers.wire.Settings.within;
import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How a client talks to its one endpoint.
 *
 * @param endpoint the worker
 * @param connectTimeout how long a TCP connect may take; default 200 ms. Too long, and a dead host
 *     eats the whole budget of the first calls; too short, and a busy but healthy one is {@link
 *     Failure.Unreachable}
 * @param maxMessageBytes largest message sent or received; default 64 MiB. Too small, and answers
 *     end as {@link Failure.TooLarge}
 * @param connections HTTP/2 connections to the endpoint; default 1. More help when one event loop
 *     is busy with large tensors
 * @param maxWaiting calls that may wait for a free stream; default 256. Beyond it a call ends at
 *     once as {@link Failure.QueueFull}
 * @param streamWindowBytes HTTP/2 window of a call; default 4 MiB. Too small, and large answers
 *     take a round trip per window
 * @param connectionWindowBytes HTTP/2 window of a connection; default 32 MiB
 * @param maxFrameBytes largest HTTP/2 frame accepted; default 1 MiB. An answer that the server
 *     sends in one frame is parsed where it lies, without a copy
 */
public record OipClientOptions(
    Endpoint endpoint,
    Duration connectTimeout,
    int maxMessageBytes,
    int connections,
    int maxWaiting,
    int streamWindowBytes,
    int connectionWindowBytes,
    int maxFrameBytes) {

  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;

  public OipClientOptions {
    requireNonNull(endpoint, "endpoint");
    requireNonNull(connectTimeout, "connectTimeout");
    if (connectTimeout.compareTo(Duration.ofMillis(1)) < 0
        || connectTimeout.compareTo(Duration.ofMinutes(1)) > 0) {
      throw new IllegalArgumentException(
          "connectTimeout: " + connectTimeout + " (expected 1 ms to 1 min)");
    }
    within("maxMessageBytes", maxMessageBytes, 1, Integer.MAX_VALUE - 64);
    within("connections", connections, 1, 64);
    within("maxWaiting", maxWaiting, 1, 1_000_000);
    within("streamWindowBytes", streamWindowBytes, 65_535, Integer.MAX_VALUE);
    within("connectionWindowBytes", connectionWindowBytes, 65_535, Integer.MAX_VALUE);
    within("maxFrameBytes", maxFrameBytes, 16 * KIB, 16 * MIB - 1);
    if (connectionWindowBytes < streamWindowBytes) {
      throw new IllegalArgumentException(
          "connectionWindowBytes: "
              + connectionWindowBytes
              + " (expected at least streamWindowBytes, "
              + streamWindowBytes
              + ")");
    }
  }

  /** The defaults, for one endpoint. */
  public static OipClientOptions to(Endpoint endpoint) {
    return new OipClientOptions(
        endpoint, Duration.ofMillis(200), 64 * MIB, 1, 256, 4 * MIB, 32 * MIB, MIB);
  }

  public OipClientOptions withConnectTimeout(Duration value) {
    return new OipClientOptions(
        endpoint,
        value,
        maxMessageBytes,
        connections,
        maxWaiting,
        streamWindowBytes,
        connectionWindowBytes,
        maxFrameBytes);
  }

  public OipClientOptions withMaxMessageBytes(int value) {
    return new OipClientOptions(
        endpoint,
        connectTimeout,
        value,
        connections,
        maxWaiting,
        streamWindowBytes,
        connectionWindowBytes,
        maxFrameBytes);
  }

  public OipClientOptions withConnections(int value) {
    return new OipClientOptions(
        endpoint,
        connectTimeout,
        maxMessageBytes,
        value,
        maxWaiting,
        streamWindowBytes,
        connectionWindowBytes,
        maxFrameBytes);
  }

  public OipClientOptions withMaxWaiting(int value) {
    return new OipClientOptions(
        endpoint,
        connectTimeout,
        maxMessageBytes,
        connections,
        value,
        streamWindowBytes,
        connectionWindowBytes,
        maxFrameBytes);
  }
}
