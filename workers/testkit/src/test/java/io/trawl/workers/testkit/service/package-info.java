/**
 * The inside of a worker without a transport: who waits, who runs with whom, how long that takes
 * and what is counted. The fakes in front of it, over a socket or without one, share it.
 *
 * <pre>{@code
 * var clock = new HandClock();
 * var model =
 *     new ServiceModel(
 *         ServiceOptions.instances(2).withQueue(16).withMaxRows(4),
 *         Runner.timed(ServiceTime.exponential(Duration.ofMillis(5), seed), clock),
 *         clock, clock, clock);
 * model.submit(Work.ofRows(1), ended -> ...);
 * clock.advance(Duration.ofSeconds(1));
 * }</pre>
 *
 * <p>What costs a model of language its time are the tokens that it has not seen lately: {@link
 * io.trawl.workers.testkit.service.TokenCost} over a {@link
 * io.trawl.workers.testkit.service.PrefixCache} of the prompts that {@link
 * io.trawl.workers.testkit.service.Prompts} reads from the tensors of a call.
 *
 * <p>Nothing here reads a clock of the system or draws without a seed: the same calls at the same
 * moments end in the same way, to the nanosecond. Nothing here is safe for several threads, but
 * {@link io.trawl.workers.testkit.service.HandClock}.
 */
@NullMarked
package io.trawl.workers.testkit.service;

import org.jspecify.annotations.NullMarked;
