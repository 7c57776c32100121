package io.trawl.workers.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The test's hand on a model in another process. Each instance of the model keeps a connection: it
 * writes a line with the rows of a run that begins, and the run ends when a line comes back.
 */
public final class GateServer implements OipSubject.Runs, AutoCloseable {

  private final ServerSocket socket;
  private final BlockingQueue<Long> begun = new LinkedBlockingQueue<>();
  private final Semaphore released = new Semaphore(0);

  private GateServer(ServerSocket socket) {
    this.socket = socket;
  }

  public static GateServer start() throws IOException {
    var gate = new GateServer(new ServerSocket(0, 8, InetAddress.getLoopbackAddress()));
    Thread.ofVirtual().name("gate").start(gate::accept);
    return gate;
  }

  /** What the models connect to. */
  public int port() {
    return socket.getLocalPort();
  }

  @Override
  public long awaitNext() {
    try {
      Long rows = begun.poll(OipCaller.HANG_SECONDS, TimeUnit.SECONDS);
      if (rows == null) {
        throw new AssertionError("no run begins");
      }
      return rows;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void release(int runs) {
    released.release(runs);
  }

  private void accept() {
    try {
      while (true) {
        Socket instance = socket.accept();
        Thread.ofVirtual().start(() -> hold(instance));
      }
    } catch (IOException closed) {
      // The end of the test.
    }
  }

  private void hold(Socket instance) {
    try (instance;
        var lines = new BufferedReader(new InputStreamReader(instance.getInputStream(), UTF_8))) {
      for (String rows = lines.readLine(); rows != null; rows = lines.readLine()) {
        begun.add(Long.valueOf(rows));
        released.acquireUninterruptibly();
        instance.getOutputStream().write('\n');
      }
    } catch (IOException gone) {
      // The instance ended while it was held; nobody waits for it any more.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
