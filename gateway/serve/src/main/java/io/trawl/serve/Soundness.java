package io.trawl.serve;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.space.MemoryFault;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a space's files are still what they were when it was opened. Once they are known not to
 * be, its answers may be anything: it gives none, until a whole look at the files finds them as
 * they were. Safe for use by all threads.
 */
public final class Soundness {

  private static final Logger LOG = LoggerFactory.getLogger(Soundness.class);

  /** How it came out that a file is not what it was. */
  public enum Kind {
    /** Its memory could not be read. */
    MEMORY,
    /** It has another checksum. */
    CHECKSUM
  }

  /**
   * Something that is wrong.
   *
   * @param why for a person who may see the inside
   */
  public record Flaw(Kind kind, String why) {}

  private final AtomicReference<@Nullable Flaw> flaw = new AtomicReference<>();

  /** Why nothing of the space is to be trusted; empty while all of it is. */
  public Optional<Flaw> flaw() {
    return Optional.ofNullable(flaw.get());
  }

  /** Takes the space out of service. */
  public void found(Kind kind, String why, MeterRegistry registry) {
    Counter.builder("trawl.space.faults")
        .description("How often files of a space were found not to be what they were")
        .tag("kind", kind.name().toLowerCase(Locale.ROOT))
        .register(registry)
        .increment();
    if (flaw.getAndSet(new Flaw(kind, why)) == null) {
      LOG.error("the space answers nobody until its files are as they were: {}", why);
    }
  }

  /** The same where a failure is a fault of mapped memory; false where it is not. */
  public boolean faulted(@Nullable Throwable failure, MeterRegistry registry) {
    if (!MemoryFault.isIn(failure)) {
      return false;
    }
    found(Kind.MEMORY, "a file of the space can no longer be read from its map", registry);
    return true;
  }

  /**
   * All files were found as they were.
   *
   * @param before the flaw when the look began: one that was found since stays
   * @return whether the space was out of service until now
   */
  public boolean restored(@Nullable Flaw before) {
    boolean restored = before != null && flaw.compareAndSet(before, null);
    if (restored) {
      LOG.info("the space's files are as they were: it answers again");
    }
    return restored;
  }

  /** How every request ends meanwhile. */
  static RetrievalOutcome outOfService() {
    return new RetrievalOutcome.SearchFailed(OUT_OF_SERVICE);
  }

  /** What callers may read of it. */
  public static final String OUT_OF_SERVICE = "files of the space are not what they were";
}
