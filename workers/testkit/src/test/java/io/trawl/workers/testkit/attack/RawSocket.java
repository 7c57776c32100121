package io.trawl.workers.testkit.attack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection to a port of this machine that sends exactly the bytes it is told, whatever
 * protocol they break, and keeps what comes back. It reads at all times, so a peer never waits for
 * it. A peer that ends the connection has answered; one that does nothing within the patience given
 * hangs, and that is an {@link AssertionError}.
 */
public final class RawSocket implements AutoCloseable {

  private static final int KEPT_BYTES = 32 << 20;

  private final Socket socket;
  private final Duration patience;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private boolean ended;

  private RawSocket(Socket socket, Duration patience) {
    this.socket = socket;
    this.patience = patience;
  }

  /** Connects to 127.0.0.1. */
  public static RawSocket open(int port, Duration patience) {
    try {
      var socket = new Socket();
      socket.setTcpNoDelay(true);
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) patience.toMillis());
      var raw = new RawSocket(socket, patience);
      Thread.ofVirtual().start(raw::read);
      return raw;
    } catch (IOException refused) {
      throw new UncheckedIOException("port " + port, refused);
    }
  }

  private void read() {
    var chunk = new byte[16 << 10];
    try (var in = socket.getInputStream()) {
      for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
        keep(chunk, count);
      }
    } catch (IOException reset) {
      // A reset ends the connection as well as an orderly end does.
    }
    end();
  }

  private synchronized void keep(byte[] chunk, int count) {
    if (received.size() < KEPT_BYTES) {
      received.write(chunk, 0, count);
    }
    notifyAll();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Sends bytes; a peer that has ended the connection meanwhile does not matter. */
  public RawSocket send(byte[] bytes) {
    var sending =
        CompletableFuture.runAsync(
            () -> {
              try {
                socket.getOutputStream().write(bytes);
                socket.getOutputStream().flush();
              } catch (IOException gone) {
                // The reader sees the end.
              }
            },
            task -> Thread.ofVirtual().start(task));
    try {
      sending.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException late) {
      if (late.getCause() instanceof TimeoutException) {
        throw new AssertionError("the peer took no bytes for " + patience, late);
      }
      throw late;
    }
    return this;
  }

  /** Says that nothing more will be sent, and goes on reading. */
  public RawSocket halfClose() {
    try {
      socket.shutdownOutput();
    } catch (IOException gone) {
      // The reader sees the end.
    }
    return this;
  }

  /** What came until the peer ended the connection. */
  public byte[] readToEnd() {
    return await(null);
  }

  /** What came until it is enough, or until the peer ended the connection. */
  public byte[] awaitUntil(Predicate<byte[]> enough) {
    return await(enough);
  }

  private synchronized byte[] await(@Nullable Predicate<byte[]> enough) {
    long end = System.nanoTime() + patience.toNanos();
    try {
      while (true) {
        if (ended || enough != null && enough.test(received.toByteArray())) {
          return received.toByteArray();
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (millis <= 0) {
          throw new AssertionError(
              "the peer neither answered nor ended within "
                  + patience
                  + "; "
                  + received.size()
                  + " bytes came");
        }
        wait(millis);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  /** Leaves without a word: the peer gets a reset. */
  public void abort() {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException gone) {
      // Closed is closed.
    }
    close();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException gone) {
      // Closed is closed.
    }
  }
}
