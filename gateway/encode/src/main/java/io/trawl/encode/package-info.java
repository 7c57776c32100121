/**
 * From a user, a history and an objective to query vectors: the prompt as the space's grammar
 * writes it, its tensors, and the call to the backbone over the Open Inference Protocol.
 *
 * <ol>
 *   <li>{@link io.trawl.encode.PromptBuilder} writes a request as token ids and item positions, by
 *       the letter of {@code docs/space-format.md}.
 *   <li>{@link io.trawl.encode.PromptTensors} turns a prompt into raw tensors; rows of item
 *       embeddings come straight from the memory map.
 *   <li>{@link io.trawl.encode.OipBackbone} sends them to a worker.
 * </ol>
 *
 * <p>The tokenizer is native code that is unpacked at the first use into a folder under the home
 * directory; environment variable or system property {@code DJL_CACHE_DIR} names another one, which
 * must be writable. Nothing is fetched: the library is told to stay offline.
 *
 * <p>What a user wrote can neither form a special token nor push one out of the prompt. Never reads
 * a clock, never blocks on anything but the first load.
 */
@NullMarked
package io.trawl.encode;

import org.jspecify.annotations.NullMarked;
