/**
 * Tickets around any asynchronous call: a bound on how many run at once, and a circuit breaker,
 * whose permits are always given back; and limits that are learned. The only importer of
 * Resilience4j and of concurrency-limits; knows nothing of what is called.
 *
 * <p>Who wants to call asks a {@link io.trawl.workers.guard.Guard} and gets at once, without ever
 * waiting, a {@link io.trawl.workers.guard.Ticket} or a {@link io.trawl.workers.guard.Refusal}. A
 * ticket ends exactly once, in one of three ways:
 *
 * <ul>
 *   <li><b>succeeded</b>: the called one did its work. Counts for it, unless it took too long.
 *   <li><b>failed</b>: it did not, or not in time. Counts against it.
 *   <li><b>dropped</b>: the caller went away, or asked wrongly. Says nothing of the called one.
 * </ul>
 *
 * <pre>{@code
 * switch (guard.tryAcquire()) {
 *   case Ticket ticket -> call().onComplete(done -> ticket.end(ending(done)));
 *   case Refusal.Full full -> shed();
 *   case Refusal.Open open -> shed(open.retryAfter());
 * }
 * }</pre>
 *
 * <p>or, for a call that gives a future, {@link io.trawl.workers.guard.Guard#guarded}. Settings are
 * {@link io.trawl.workers.guard.GuardOptions}.
 */
@NullMarked
package io.trawl.workers.guard;

import org.jspecify.annotations.NullMarked;
