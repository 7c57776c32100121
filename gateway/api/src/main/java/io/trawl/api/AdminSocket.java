package io.trawl.api;

import io.trawl.api.check.Violations;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/** The file of a Unix domain socket. All of this waits for the disk. */
record AdminSocket(Path path) {

  SocketAddress address() {
    return SocketAddress.domainSocketAddress(path.toString());
  }

  /**
   * Takes away what a process that was killed left there.
   *
   * @throws IllegalArgumentException where somebody listens, or it is no socket
   */
  void makeRoom() {
    try {
      if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        return;
      }
      var there = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (!there.isOther()) {
        throw refused("which is no socket");
      }
      if (answers()) {
        throw refused("on which another process listens");
      }
      Files.delete(path);
    } catch (IOException unusable) {
      throw refused("which cannot be used: " + unusable);
    }
  }

  private boolean answers() {
    try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return probe.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException _) {
      return false;
    }
  }

  void close() throws IOException {
    Files.deleteIfExists(path);
  }

  /** Lets nobody in but this process' user. */
  void keepPrivate() throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
  }

  /** Why nothing can listen there. */
  IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(
        "admin.socket is %s, %s; expected a path where this process can listen"
            .formatted(Violations.quote(path.toString()), why));
  }
}
