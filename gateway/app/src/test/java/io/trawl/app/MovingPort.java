package io.trawl.app;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;

/** A fixed port in front of a server that comes back on another one. */
final class MovingPort {

  /** Kept: a client that nobody holds is closed, and its connections with it. */
  private final NetClient client;

  private final NetServer server;
  private volatile int behind;

  MovingPort(Vertx vertx, int behind) {
    this.client = vertx.createNetClient();
    this.behind = behind;
    this.server = vertx.createNetServer().connectHandler(this::connect);
    Running.await(server.listen(0, "127.0.0.1"), "the port");
  }

  int port() {
    return server.actualPort();
  }

  void moveTo(int port) {
    behind = port;
  }

  private void connect(NetSocket caller) {
    caller.pause();
    client
        .connect(behind, "127.0.0.1")
        .onSuccess(
            there -> {
              caller.pipeTo(there);
              there.pipeTo(caller);
            })
        .onFailure(_ -> caller.close());
  }
}
