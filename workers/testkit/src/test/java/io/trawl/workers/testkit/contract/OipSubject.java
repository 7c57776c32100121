package io.trawl.workers.testkit.contract;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A running OIP server that {@link OipServerContract} is held against.
 *
 * <p>It serves these models, each as version 1, each with a batch dimension in front of the shapes
 * named here:
 *
 * <ul>
 *   <li>{@code identity_fp32}, {@code identity_bytes} and so on, one for each of {@link
 *       #datatypes()}: {@code IN} [-1] is given back as {@code OUT} [-1]; at most 8 rows
 *   <li>{@code spare}: another {@code identity_fp32}; tests load and unload it
 *   <li>{@code add}: FP32 {@code A} [4] and {@code B} [4] become {@code SUM} and {@code DIFFERENCE}
 *       [4]; at most 4 rows
 *   <li>{@code gated}: FP32 identity whose runs the {@link Runs} hold; at most 4 rows, one
 *       instance, dynamic batching, at most 4 requests in its queue, whose timeout of an hour a
 *       request may shorten. Where there are no such runs, it need not be there
 * </ul>
 */
public interface OipSubject extends AutoCloseable {

  /** What a server need not have; the contract skips what is missing. */
  enum Feature {
    /** ModelStreamInfer. */
    STREAMS,
    /** ModelStatistics. */
    STATISTICS,
    /** RepositoryIndex, RepositoryModelLoad and RepositoryModelUnload. */
    REPOSITORY,
    /**
     * A call may be taken back at any moment. Triton before 24.12 crashes now and then where the
     * cancellation comes while the call begins or ends (its issue 7368).
     */
    CANCELLATION_AT_ANY_MOMENT,
    /** The classification extension. */
    CLASSIFICATION
  }

  /** On the loopback address, like the other ports. */
  int grpcPort();

  /** Empty: there are no HTTP twins. */
  OptionalInt httpPort();

  /** Where {@code /metrics} is; empty: nowhere. */
  OptionalInt metricsPort();

  /** What of the optional it serves. */
  Set<Feature> features();

  /** The wire's names of the datatypes that identity models serve; FP32 is among them. */
  Set<String> datatypes();

  /** The test's hand on the model {@code gated}; empty: its queue cannot be tested. */
  Optional<Runs> runs();

  /** Ends the server. */
  @Override
  void close();

  /** Runs of the model {@code gated}: each begins by itself and ends when the test lets it. */
  interface Runs {

    /** Waits until the next run has begun; how many rows it has. */
    long awaitNext();

    /** Lets so many runs end, now or later. */
    void release(int runs);
  }
}
