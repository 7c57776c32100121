package io.trawl.workers.fleet.call;

import static io.trawl.workers.wire.Settings.within;

/**
 * How far calls are pursued.
 *
 * @param retryShare of all calls that may be made a second time, 0 to 1; default 0.1
 * @param retriesPerSecond that may be made however few calls there are; default 10
 * @param attempts of one call at most, the first included; default 3
 * @param waiting calls that may wait for a worker with room; default 1024. Beyond, and for who
 *     cannot be served in time, they end at once
 * @param waitingBytes of their tensors together; default 64 MiB
 */
public record CallOptions(
    double retryShare, int retriesPerSecond, int attempts, int waiting, long waitingBytes) {

  public CallOptions {
    within("retryShare", retryShare, 0, 1);
    within("retriesPerSecond", retriesPerSecond, 0, 1_000_000);
    within("attempts", attempts, 1, 16);
    within("waiting", waiting, 0, 1_000_000);
    within("waitingBytes", waitingBytes, 0, 1L << 40);
  }

  public static CallOptions defaults() {
    return new CallOptions(0.1, 10, 3, 1_024, 64L << 20);
  }
}
