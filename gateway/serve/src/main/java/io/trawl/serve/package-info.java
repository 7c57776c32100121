/**
 * What happens to a request between the edge and the engines: check against the space, eligible
 * items, query vectors by the backbone, search by an engine on a bounded compute pool, answer.
 *
 * <p>Futures complete on the caller's Vert.x context. Every step gets the request's deadline and
 * its {@link io.trawl.serve.source.Cancellation}; nothing outlives either.
 *
 * <p>Never blocks an event loop, never reads a clock or a random source that was not handed in,
 * knows no protocol and no vendor.
 */
@NullMarked
package io.trawl.serve;

import org.jspecify.annotations.NullMarked;
