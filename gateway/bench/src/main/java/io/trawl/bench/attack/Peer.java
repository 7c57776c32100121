package io.trawl.bench.attack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One end of a connection to this machine, in plain bytes. Strangers come from another address of
 * it than good callers, where the system has one (Linux has all of 127/8): a bound by address must
 * tell them apart. A thread of its own reads, keeps the first bytes and throws the rest away.
 */
final class Peer implements AutoCloseable {

  /** Where strangers come from. */
  static final String STRANGER = "127.0.0.2";

  private static final byte[] STATUS_LINE = "HTTP/1.1 ".getBytes(StandardCharsets.US_ASCII);
  private static final int KEPT_BYTES = 64 << 10;
  private static final int CONNECT_MILLIS = 5_000;

  private final Socket socket;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private final CountDownLatch ended = new CountDownLatch(1);
  private long receivedBytes;
  private long answers;
  private int matched;

  private Peer(Socket socket) {
    this.socket = socket;
  }

  /** Connects as everybody does; reads what comes. */
  static Peer open(int port) throws IOException {
    return connect(new Socket(), port);
  }

  /** Connects as a stranger; reads what comes. */
  static Peer stranger(int port) throws IOException {
    return from(STRANGER, port);
  }

  /** Connects from an address of this machine; reads what comes. */
  static Peer from(String address, int port) throws IOException {
    var socket = new Socket();
    try {
      socket.bind(new InetSocketAddress(address, 0));
    } catch (IOException _) {
      // No such address here: from the usual one.
    }
    return connect(socket, port);
  }

  private static Peer connect(Socket socket, int port) throws IOException {
    try {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
      var peer = new Peer(socket);
      Thread.ofVirtual().start(peer::read);
      return peer;
    } catch (IOException refused) {
      socket.close();
      throw refused;
    }
  }

  private void read() {
    var chunk = new byte[8 << 10];
    try (var in = socket.getInputStream()) {
      for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
        keep(chunk, count);
      }
    } catch (IOException _) {
      // A reset ends the connection as well as an orderly end does.
    }
    ended.countDown();
    synchronized (this) {
      notifyAll();
    }
  }

  private synchronized void keep(byte[] chunk, int count) {
    answers += begins(chunk, count);
    receivedBytes += count;
    received.write(chunk, 0, Math.min(count, KEPT_BYTES - Math.min(KEPT_BYTES, received.size())));
    notifyAll();
  }

  /** How many answers of HTTP/1.1 begin here: one that two chunks share counts with the second. */
  private int begins(byte[] chunk, int count) {
    int begun = 0;
    for (int i = 0; i < count; i++) {
      matched = chunk[i] == STATUS_LINE[matched] ? matched + 1 : chunk[i] == STATUS_LINE[0] ? 1 : 0;
      if (matched == STATUS_LINE.length) {
        begun++;
        matched = 0;
      }
    }
    return begun;
  }

  /** Answers of HTTP/1.1 so far. */
  synchronized long answers() {
    return answers;
  }

  /** Sends bytes; throws where the other side has ended the connection. */
  Peer send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  Peer send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Whether the other side has ended the connection. */
  boolean isEnded() {
    return ended.getCount() == 0;
  }

  boolean awaitEnd(Duration patience) throws InterruptedException {
    return ended.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What came so far, its beginning. */
  synchronized String text() {
    return received.toString(StandardCharsets.ISO_8859_1);
  }

  /** What came so far, its beginning. */
  synchronized byte[] bytes() {
    return received.toByteArray();
  }

  synchronized long receivedBytes() {
    return receivedBytes;
  }

  /** Waits for the status of an HTTP/1.1 answer; 0 where none comes. */
  synchronized int awaitStatus(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (text().length() < 12 && !isEnded()) {
      long millis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (millis <= 0) {
        break;
      }
      wait(millis);
    }
    return status();
  }

  /** The status of an HTTP/1.1 answer; 0 where there is none. */
  int status() {
    var text = text();
    return text.length() >= 12 && text.startsWith("HTTP/1.1 ")
        ? Integer.parseInt(text.substring(9, 12))
        : 0;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException _) {
      // Closed is closed.
    }
  }
}
