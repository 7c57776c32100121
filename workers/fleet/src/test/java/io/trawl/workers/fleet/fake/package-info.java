/**
 * Workers without sockets, for tests of the fleet: hundreds of them in one JVM, in time that moves
 * by hand, so that a day of traffic takes seconds and every run of a seed is the same.
 *
 * <pre>{@code
 * FakeFleet fleet =
 *     FakeFleet.of(
 *         8,
 *         seed,
 *         worker ->
 *             worker.serve(
 *                 "backbone",
 *                 ServiceOptions.instances(1).withQueue(4),
 *                 ServiceTime.exponential(Duration.ofMillis(5), worker.seed())));
 * var tested = ...;  // of fleet.resolver(), fleet::connect, and fleet.clock() as clock and alarm
 * new FakeTraffic(fleet.clock(), 800, 1_000, 1.1, seed).begin(10_000, user -> tested.infer(...));
 * fleet.worker(3).slow(20);
 * fleet.clock().advance(Duration.ofSeconds(20));
 * }</pre>
 *
 * <p>{@link io.trawl.workers.fleet.fake.FakeWorker} is the process and {@code connect} a client of
 * it, which may be closed while the process lives and outlive it; {@link
 * io.trawl.workers.fleet.fake.FakeFleet#connect} is a client of an address, where one process
 * follows another. Queue, batches, service times, prefix cache and statistics are those of {@code
 * io.trawl.workers.testkit.service}, which {@code FakeTriton} puts behind a socket: what needs the
 * wire (frames, flow control, real resets) is tested against that one.
 *
 * <p>A call takes no time on its way. Its outcome comes on the thread that moves the clock, or at
 * once where it is refused. A caller who leaves, by {@code cancel} or since the budget is spent,
 * takes its call out of the queue; a run goes on to its end and is counted as wasted.
 *
 * <p>All of it belongs to one thread: that which moves the clock.
 */
@NullMarked
package io.trawl.workers.fleet.fake;

import org.jspecify.annotations.NullMarked;
