/**
 * Finds the top K items of a space for given query vectors.
 *
 * <p>An item's score is the maximum over the M query vectors of their inner product with its item
 * vector. An {@link io.trawl.retrieval.Engine} starts a {@link io.trawl.retrieval.Search}, a step
 * machine without input or output: it scores, asks for neighbours where it needs them, and has a
 * valid top K after every step.
 *
 * <p>A process chooses its kernel once ({@link io.trawl.retrieval.Kernels#choose}, which also says
 * why) and makes its engines with it; a request is one search:
 *
 * <pre>{@code
 * var engine = Engine.explore(items, Kernels.choose().kernel());
 * var result = engine.start(request).finish(neighbours);
 * }</pre>
 *
 * <p>Works on plain arrays and memory segments. Knows {@code domain} and the JDK only: no Vert.x,
 * no clock, no randomness but the seed of a request. Never blocks; callers run it on a compute
 * pool.
 */
@NullMarked
package io.trawl.retrieval;

import org.jspecify.annotations.NullMarked;
