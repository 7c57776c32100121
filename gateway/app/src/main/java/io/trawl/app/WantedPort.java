package io.trawl.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A port before anything listens on it: who it belongs to can be said while there is time.
 *
 * @param option what chooses another one
 * @param port 0 for any free one
 */
record WantedPort(String option, String host, int port) {

  /** Why nobody can listen there now; empty where one can. */
  Optional<String> refusal() {
    if (port == 0) {
      return Optional.empty();
    }
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(host, port));
      return Optional.empty();
    } catch (IOException | IllegalArgumentException refused) {
      return Optional.of(
          "cannot listen on %s:%d: %s; %s chooses another port"
              .formatted(host, port, refused.getMessage(), option));
    }
  }

  /** This port, or 0 where it is taken, which is told. */
  int orFree(Consumer<String> moved) {
    return refusal()
        .map(
            why -> {
              moved.accept(why + "; taking a free one");
              return 0;
            })
        .orElse(port);
  }

  /**
   * One port cannot be two servers'.
   *
   * @throws CannotStart with the port and both options
   */
  static void requireDistinct(WantedPort... wanted) {
    for (int i = 0; i < wanted.length; i++) {
      for (int j = 0; j < i; j++) {
        if (wanted[i].port != 0
            && wanted[i].port == wanted[j].port
            && wanted[i].host.equals(wanted[j].host)) {
          throw new CannotStart(
              "%s and %s are both %d; expected two ports"
                  .formatted(wanted[j].option, wanted[i].option, wanted[i].port));
        }
      }
    }
  }

  /**
   * Before anything is read or started.
   *
   * @throws CannotStart with the port and its option
   */
  static void requireFree(WantedPort... wanted) {
    for (var port : wanted) {
      port.refusal()
          .ifPresent(
              why -> {
                throw new CannotStart(why);
              });
    }
  }
}
