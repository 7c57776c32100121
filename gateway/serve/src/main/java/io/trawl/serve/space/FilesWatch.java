package io.trawl.serve.space;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.serve.Soundness;
import io.trawl.space.Space;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the files of a space again and again, slowly and on a thread of its own, and takes the
 * space out of service where one is not what it was; while it is, it looks sooner, so that files
 * that are put right answer again. What is read is what is served from: a file that another one
 * took the place of is as it was.
 */
final class FilesWatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FilesWatch.class);

  /** A core makes some 400 MB of checksums in a second where it has no instructions for them. */
  private static final long BYTES_PER_SECOND = 32L << 20;

  private final Space space;
  private final Soundness soundness;
  private final Duration interval;
  private final Duration outOfService;
  private final Runnable restored;
  private final MeterRegistry registry;
  private final CountDownLatch closed = new CountDownLatch(1);

  /**
   * @param interval between two looks; zero for none at all
   * @param outOfService the same while the space is out of service, where that is shorter
   * @param restored told when files were put right, on the thread that looks
   */
  FilesWatch(
      Space space,
      Soundness soundness,
      Duration interval,
      Duration outOfService,
      Runnable restored,
      MeterRegistry registry) {
    this.space = space;
    this.soundness = soundness;
    this.interval = interval;
    this.outOfService = outOfService.compareTo(interval) < 0 ? outOfService : interval;
    this.restored = restored;
    this.registry = registry;
  }

  /** Begins to look, where it should at all. */
  void start() {
    if (!interval.isZero()) {
      Thread.ofPlatform().daemon().name("trawl-files").start(this::watch);
    }
  }

  private void watch() {
    var waited = Duration.ZERO;
    while (!endsWithin(outOfService.toNanos())) {
      waited = waited.plus(outOfService);
      if (waited.compareTo(interval) >= 0 || soundness.flaw().isPresent()) {
        look(bytes -> endsWithin(TimeUnit.SECONDS.toNanos(bytes) / BYTES_PER_SECOND));
        waited = Duration.ZERO;
      }
    }
  }

  /** Waits so long, or until this is closed: then it is true. */
  private boolean endsWithin(long nanos) {
    try {
      return closed.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      closed.countDown();
      return true;
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  /**
   * One look at everything; ends early where this is closed.
   *
   * @param rest told the bytes of each piece that was read
   */
  void look(IntConsumer rest) {
    var before = soundness.flaw().orElse(null);
    try {
      var altered =
          space.altered(
              bytes -> {
                rest.accept(bytes);
                if (isClosed()) {
                  throw new IllegalStateException("closed");
                }
              });
      if (altered.isPresent()) {
        soundness.found(Soundness.Kind.CHECKSUM, altered.get(), registry);
      } else if (soundness.restored(before)) {
        restored.run();
      }
    } catch (RuntimeException | Error broken) {
      // A space that is closed under it says so too.
      if (!isClosed() && !soundness.faulted(broken, registry)) {
        LOG.error("the files of the space could not be looked at", broken);
      }
    }
  }

  /** Ends the thread at its next piece; the space may be closed at once. */
  @Override
  public void close() {
    closed.countDown();
  }
}
