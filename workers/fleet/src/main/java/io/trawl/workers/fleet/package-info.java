/**
 * Many model workers as one: where they are, which of them can be trusted with a call, and which
 * one gets it. Knows the client of one worker and nothing of a gateway.
 */
@NullMarked
package io.trawl.workers.fleet;

import org.jspecify.annotations.NullMarked;
