package io.trawl.milvus.neighbours;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.milvus.v2.client.MilvusClientV2;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of the SDK, closed when it was retired and its last user has left: a call must not
 * fail because a fresher connection was made beside it.
 */
final class Client {

  private static final Logger LOG = LoggerFactory.getLogger(Client.class);

  private final MilvusClientV2 sdk;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  private boolean retired;

  Client(MilvusClientV2 sdk) {
    this.sdk = sdk;
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
    } catch (RuntimeException failed) {
      LOG.warn("a connection to Milvus did not close: {}", failed.toString());
    }
  }
}
