/**
 * What every listening port of a gateway and of a worker holds to: bytes, time and connections, so
 * that nobody who can reach a port takes the program down with what it does not finish.
 *
 * <ul>
 *   <li>{@link MemoryBudget}: the bytes of everything in flight, in all, by connection and by
 *       address. What is half received, or answered and not taken, is dropped before it is spent:
 *       of who holds most, the oldest first.
 *   <li>{@link PortWatch}: counts those bytes and holds heads, bodies, silences and answers that
 *       nobody takes to their times, under HTTP/1.1 and HTTP/2 alike; a server hands each of its
 *       connections over.
 *   <li>{@link ConnectionLimit}: how many connections there are, in all and by address. It stands
 *       where connections are accepted, below Vert.x, which knows none before its first bytes.
 *   <li>{@link CancelledAnswers}: what it costs that a caller leaves in mid-answer, which is
 *       nothing.
 * </ul>
 *
 * <p>The models are Envoy's overload manager (a budget, and steps before it is spent) and its
 * stream idle and flush timeouts.
 */
@NullMarked
package io.trawl.workers.wire.bounds;

import org.jspecify.annotations.NullMarked;
