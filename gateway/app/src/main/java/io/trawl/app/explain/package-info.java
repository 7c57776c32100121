/**
 * What {@code ./trawl explain} draws of an explained answer: the waterfall of its time, the rounds
 * of each search, and for each item the query vector, the round and the neighbour that found it.
 *
 * <p>Draws what the gateway said and nothing else. Never asks a gateway itself.
 */
@NullMarked
package io.trawl.app.explain;

import org.jspecify.annotations.NullMarked;
