/**
 * Measures what unit tests must not: speed, recall and allocation of the engines.
 *
 * <p>{@link io.trawl.bench.Main} is the entry: {@code recall} compares exploration with the whole
 * scan, on made-up catalogues or on a space; {@code kernels} runs the JMH benchmarks of the score
 * kernels; {@code load} and {@code attack} have rooms of their own. Results and the commands behind
 * them stand in docs/measurements/engines.md.
 *
 * <p>Nothing depends on this package, and no test of the build asserts a time.
 */
@NullMarked
package io.trawl.bench;

import org.jspecify.annotations.NullMarked;
