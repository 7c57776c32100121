/**
 * The words of a retrieval, as records and sealed outcomes: what an application asks ({@link
 * io.trawl.domain.RetrievalRequest}), what it gets ({@link io.trawl.domain.RetrievalOutcome}), and
 * by when ({@link io.trawl.domain.Deadline}).
 *
 * <p>Every record checks and copies what it is given, so nothing invalid exists past the edge that
 * built it. Knows the JDK only; never does input or output, never reads a clock.
 */
@NullMarked
package io.trawl.domain;

import org.jspecify.annotations.NullMarked;
