/**
 * How good the lists of a running gateway are: every sample user of a space asks over HTTP, and the
 * answers are held against what that user did next.
 *
 * <p>In order: {@link io.trawl.app.eval.EvalSet} reads users and held-out items from the space; the
 * {@link io.trawl.app.eval.Floor}s (popularity, co-occurrence, BM25), counted from {@code
 * users.jsonl} and {@code items.tsv} alone, rank the same cases under the same rules; {@link
 * io.trawl.app.eval.Evaluation} asks the gateway, a bounded number of requests at a time; {@link
 * io.trawl.app.eval.EvalReport} says what came out, as text and as JSON ({@code docs/eval.md}), and
 * which of the caller's minimums were missed.
 *
 * <p>Rankings are full: all items of the catalogue but those of the user's own history. Ties go to
 * the smaller ordinal, for floors and engines alike; ordinals are a seeded permutation, so this
 * favours nobody.
 *
 * <p>Never looks into the gateway: what it measures went through the API.
 */
@NullMarked
package io.trawl.app.eval;

import org.jspecify.annotations.NullMarked;
