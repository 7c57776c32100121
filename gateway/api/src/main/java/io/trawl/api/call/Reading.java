package io.trawl.api.call;

import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where messages are read. A small one at once; a large one takes as long as searches do, so that
 * it is read where these run, beside the event loop, has a price as they have, and finds room as
 * they do.
 */
public final class Reading {

  private static final int LARGE_BYTES = 16 << 10;

  /** What takes about as long to read as a usual search takes, at worst. */
  private static final double BYTES_OF_A_SEARCH = 32 << 10;

  private final Admission admission;
  private final Beside beside;

  /**
   * Runs work beside the event loop; its result arrives on the caller's context. Fails where there
   * is no room.
   */
  @FunctionalInterface
  public interface Beside {
    Future<Runnable> run(Supplier<Runnable> work);
  }

  public Reading(Admission admission, Beside beside) {
    this.admission = admission;
    this.beside = beside;
  }

  /**
   * Reads a message of so many bytes; empty where there is no room for it.
   *
   * @param reading reads, on whatever thread, and gives what is to be done then
   */
  Optional<Future<Runnable>> read(int bytes, String source, Supplier<Runnable> reading) {
    if (bytes < LARGE_BYTES) {
      return Optional.of(Future.succeededFuture(reading.get()));
    }
    return admission
        .enter(bytes / BYTES_OF_A_SEARCH, source)
        .map(place -> beside.run(reading).onComplete(_ -> place.close()));
  }
}
