/**
 * Tickets around any asynchronous call: a bulkhead and a circuit breaker whose permits are always
 * given back. The only importer of Resilience4j; knows nothing of what is called.
 */
@NullMarked
package io.trawl.workers.guard;

import org.jspecify.annotations.NullMarked;
