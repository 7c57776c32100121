/** Calls on their way to replicas: repeated, moved, kept waiting, within bounds. */
@NullMarked
package io.trawl.workers.fleet.call;

import org.jspecify.annotations.NullMarked;
