/**
 * A space on disk: one consistent set of backbone, item vectors, item embeddings, neighbour graph,
 * tokenizer, prompt grammar and objectives, as {@code docs/space-format.md} describes it.
 *
 * <p>{@link io.trawl.space.Space#open} reads the manifest, checks every listed file, maps the
 * arrays into memory and indexes the items; it ends in an open space or in a {@link
 * io.trawl.space.source.SpaceRefused} that says in one sentence what disagrees:
 *
 * <pre>{@code
 * try (var space = Space.open(Path.of("spaces/demo-shop"), Verification.CHECKSUMS)) {
 *   var ordinal = space.catalogue().ordinal("i123");
 *   var score = space.itemVectors().orElseThrow().at(ordinal, 0);
 * }
 * }</pre>
 *
 * <p>An open space is immutable and shared by all threads; its directory must not be changed while
 * it is open. Never writes, never runs a model, never opens a file that the manifest does not list,
 * and keeps nothing per item on the heap but fixed-width columns.
 */
@NullMarked
package io.trawl.space;

import org.jspecify.annotations.NullMarked;
