/**
 * Where the workers are: a list, names in the DNS, endpoint slices of Kubernetes.
 *
 * <p>A {@link io.trawl.workers.fleet.resolve.Resolver} tells the whole picture, and again when it
 * changes. What it could not learn changes nothing: the last that was known stays, the failure is
 * counted, and the log says once that it began and once that it is over. {@link
 * io.trawl.workers.fleet.resolve.LastKnown} does so for all of them.
 *
 * <p>{@link io.trawl.workers.fleet.resolve.ResolveOptions} are the choices, {@link
 * io.trawl.workers.fleet.resolve.Resolvers} makes a resolver of one:
 *
 * <pre>{@code
 * var options = ResolveOptions.Addresses.of("workers.models.svc.cluster.local", 8001);
 * Resolver resolver = Resolvers.of(options, Alarm.of(vertx), registry, kubernetes);
 * resolver.start(located -> fleet.located(located));
 * }</pre>
 *
 * <p>The DNS is asked by a thread of its own with Netty's resolver, never by an event loop that
 * serves. Names are asked for as they are written, fully qualified: no search domains, no hosts
 * file, no cache. Nobody here opens a connection to a worker or judges one.
 */
@NullMarked
package io.trawl.workers.fleet.resolve;

import org.jspecify.annotations.NullMarked;
