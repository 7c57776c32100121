package io.trawl.workers.testkit;

import io.netty.channel.Channel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The connections of a fake, which may be left unread like those of a process that is stopped: what
 * callers send then, requests, resets and pings, waits in buffers until somebody reads on.
 */
final class Connections {

  // Guarded by this.
  private final Set<Channel> open = new LinkedHashSet<>();
  private final List<Runnable> unheard = new ArrayList<>();
  private boolean read = true;
  private int opened;

  void opened(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      Channel channel = base.channel();
      channel.closeFuture().addListener(_ -> closed(channel));
      synchronized (this) {
        opened++;
        open.add(channel);
        channel.config().setAutoRead(read);
      }
    }
  }

  private synchronized void closed(Channel channel) {
    open.remove(channel);
  }

  /** How many there were so far. */
  synchronized int number() {
    return opened;
  }

  /** Listens to a request; what a new connection brings with its first bytes is read before. */
  void hear(Context context, Runnable request) {
    synchronized (this) {
      if (!read) {
        unheard.add(() -> context.runOnContext(_ -> request.run()));
        return;
      }
    }
    request.run();
  }

  /** Reads them, or no longer; complete when nothing that was read before is still looked at. */
  Future<Void> read(boolean value) {
    List<Channel> channels;
    synchronized (this) {
      read = value;
      channels = List.copyOf(open);
      if (read) {
        unheard.forEach(Runnable::run);
        unheard.clear();
      }
    }
    List<Future<Void>> done = new ArrayList<>();
    for (Channel channel : channels) {
      Promise<Void> told = Promise.promise();
      channel
          .eventLoop()
          .execute(
              () -> {
                channel.config().setAutoRead(value);
                told.complete();
              });
      done.add(told.future());
    }
    return Future.join(done).mapEmpty();
  }
}
