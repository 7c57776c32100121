/**
 * Neighbours and searches out of Milvus, behind the ports of {@code serve}. The only importer of
 * the Milvus SDK; no thread of an event loop ever waits for it.
 */
@NullMarked
package io.trawl.milvus.neighbours;

import org.jspecify.annotations.NullMarked;
