/**
 * A space in Milvus: loaded, verified, activated, rolled back and dropped.
 *
 * <p>A version of a space is a collection of its own; the alias named after the space points to the
 * active one. {@link io.trawl.milvus.admin.SpaceLoader} fills a collection and may be interrupted;
 * {@link io.trawl.milvus.admin.SpaceVerifier} compares it with the space and writes the space's
 * checksum into it; {@link io.trawl.milvus.admin.ActiveCollections} moves the alias, back too, and
 * drops what none points to. All of it blocks: it is for a thread of its own, never for an event
 * loop.
 *
 * <p>The SDK stays behind {@link io.trawl.milvus.neighbours.MilvusCollections}.
 */
@NullMarked
package io.trawl.milvus.admin;

import org.jspecify.annotations.NullMarked;
