package io.trawl.milvus.neighbours;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.milvus.v2.client.MilvusClientV2;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The owner of one connection of the SDK. It is closed once: when it was retired and its last user
 * has left, since a call must not fail because a fresher connection was made beside it.
 */
final class SharedClient {

  private static final Logger LOG = LoggerFactory.getLogger(SharedClient.class);

  private final MilvusClientV2 sdk;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  private boolean retired;

  private SharedClient(MilvusClientV2 sdk) {
    this.sdk = sdk;
  }

  /** Who hears of a connection, and keeps it unless it throws. */
  @FunctionalInterface
  interface Keeper {
    void keep(SharedClient client, String version);
  }

  /** Connects and asks for the version; what is not kept, whatever is thrown, is closed again. */
  static void open(Supplier<MilvusClientV2> connect, Keeper keeper) {
    var client = new SharedClient(connect.get());
    try {
      keeper.keep(client, client.sdk.getServerVersion());
    } catch (RuntimeException | Error thrown) {
      client.retire();
      throw thrown;
    }
  }

  /** False when it is retired; otherwise {@link #leave} must follow. */
  synchronized boolean enter() {
    if (!retired) {
      users++;
    }
    return !retired;
  }

  MilvusClientV2 sdk() {
    return sdk;
  }

  /** May close it, which blocks: not for event loops. */
  void leave() {
    boolean last;
    synchronized (this) {
      users--;
      last = retired && users == 0;
    }
    if (last) {
      close();
    }
  }

  /** May close it, which blocks: not for event loops. */
  void retire() {
    boolean idle;
    synchronized (this) {
      idle = !retired && users == 0;
      retired = true;
    }
    if (idle) {
      close();
    }
  }

  private void close() {
    try {
      sdk.close(1);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error failed) {
      LOG.warn("a connection to Milvus did not close", failed);
    }
  }
}
