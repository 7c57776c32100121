package io.trawl.bench.attack;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Many connections that do the same, each on a thread of its own. */
final class Crowd implements AutoCloseable {

  private static final int CONNECTING = 64;

  private final Collection<Peer> peers = new ConcurrentLinkedQueue<>();
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger acting = new AtomicInteger();
  private final Semaphore connecting = new Semaphore(CONNECTING);

  /** What one of them does; it may block, and what it throws ends it alone. */
  @FunctionalInterface
  interface Deed {
    void by(Peer peer) throws IOException, InterruptedException;
  }

  /** Starts so many; returns at once. */
  Crowd start(int count, int port, Deed deed) {
    return start(IntStream.range(0, count).mapToObj(_ -> Peer.STRANGER), port, deed);
  }

  /** Starts one from each of these addresses of this machine; returns at once. */
  Crowd start(Stream<String> addresses, int port, Deed deed) {
    addresses.forEach(
        address -> {
          acting.incrementAndGet();
          Thread.ofVirtual().start(() -> act(address, port, deed));
        });
    return this;
  }

  private void act(String address, int port, Deed deed) {
    try {
      deed.by(connect(address, port));
    } catch (IOException _) {
      // Its end is what is counted.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      acting.decrementAndGet();
    }
  }

  private Peer connect(String address, int port) throws IOException, InterruptedException {
    connecting.acquire();
    try {
      var peer = Peer.from(address, port);
      peers.add(peer);
      return peer;
    } catch (IOException none) {
      refused.incrementAndGet();
      throw none;
    } finally {
      connecting.release();
    }
  }

  /** Waits until each has done its deed, or failed in it. */
  boolean awaitDone(Duration patience) throws InterruptedException {
    return until(() -> acting.get() == 0, patience);
  }

  /** Waits until the other side has ended every connection. */
  boolean awaitEnd(Duration patience) throws InterruptedException {
    return until(() -> acting.get() == 0 && open() == 0, patience);
  }

  static boolean until(java.util.function.BooleanSupplier holds, Duration patience)
      throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
    return true;
  }

  /** Connections that the other side has not ended. */
  int open() {
    return (int) peers.stream().filter(peer -> !peer.isEnded()).count();
  }

  int connected() {
    return peers.size();
  }

  int refused() {
    return refused.get();
  }

  /** How many got this status. */
  long with(int status) {
    return peers.stream().filter(peer -> peer.status() == status).count();
  }

  Collection<Peer> peers() {
    return peers;
  }

  @Override
  public void close() {
    peers.forEach(Peer::close);
  }
}
