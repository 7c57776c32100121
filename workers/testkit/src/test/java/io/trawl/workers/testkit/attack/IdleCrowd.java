package io.trawl.workers.testkit.attack;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Connections that say nothing, as many as the process may open beside its other files. */
public final class IdleCrowd implements AutoCloseable {

  private final List<Socket> sockets = new ArrayList<>();

  private IdleCrowd() {}

  /** Both ends are in this process, so each connection takes two files. */
  public static IdleCrowd connect(int port, int atMost) {
    var crowd = new IdleCrowd();
    long files =
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            ? unix.getMaxFileDescriptorCount() - unix.getOpenFileDescriptorCount()
            : 1024;
    try {
      for (long left = Math.min(atMost, files / 4); left > 0; left--) {
        crowd.sockets.add(new Socket(InetAddress.getLoopbackAddress(), port));
      }
      return crowd;
    } catch (IOException refused) {
      crowd.close();
      throw new UncheckedIOException(refused);
    }
  }

  public int size() {
    return sockets.size();
  }

  /** Bytes of the heap in use after a collection. */
  public static long heapBytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Override
  public void close() {
    for (var socket : sockets) {
      try {
        socket.close();
      } catch (IOException gone) {
        // Closed is closed.
      }
    }
  }
}
