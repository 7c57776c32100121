/**
 * The load generator: {@code ./trawl bench load}.
 *
 * <p>A {@link io.trawl.bench.load.Scenario} is a file. {@link io.trawl.bench.load.OpenLoop} sends
 * by the clock, whether earlier requests have been answered or not; {@link
 * io.trawl.bench.load.ClosedLoop} has callers that wait for their answers. {@link
 * io.trawl.bench.load.Users} says who asks, {@link io.trawl.bench.load.Kind} what, {@link
 * io.trawl.bench.load.Wire} carries it, {@link io.trawl.bench.load.Tally} keeps what came of it.
 *
 * <p>In an open loop a latency begins when the request should have left, not when it did: where the
 * gateway, or this generator, holds requests up, those that wait are slow, and none is left out. A
 * request that could not be sent before its deadline is counted as not sent. A closed loop has no
 * such time: a caller that waits asks nothing meanwhile, which is why a closed loop tells a peak
 * and not a latency that users would have.
 *
 * <p>What is kept does not grow with the number of requests.
 */
@NullMarked
package io.trawl.bench.load;

import org.jspecify.annotations.NullMarked;
