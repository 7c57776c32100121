package io.trawl.app;

import io.trawl.milvus.neighbours.MilvusOptions;
import io.trawl.serve.PlaneOptions;
import io.trawl.workers.guard.GuardOptions;
import java.time.Duration;

/**
 * Where Milvus is and how it is used; see {@link MilvusOptions}.
 *
 * @param endpoint its gRPC address; empty, the default, for no Milvus
 * @param token {@code user:password} or an API key, empty for none
 * @param collection an alias or a collection; empty, the default, for the alias named after the
 *     space. Where that does not hold the space's own items, the collection that {@code ./trawl
 *     milvus load} named after the space's version is taken; no other ever is
 * @param connectTimeout how long connecting may take, default 3 s
 * @param reconnectAfter pause between two attempts to connect again, default 250 ms
 * @param callTimeout ceiling of one call, default 2 s
 * @param patience calls with less time than this say nothing of the server, default 20 ms
 * @param firstHits hits that the engine {@code milvus} asks for each query vector at first; 0, the
 *     default, derives them from k and M. Few: second calls; many: waste
 * @param guard how many calls may be under way, and when calling pauses because they fail
 * @param plane how neighbours are kept and fetched for all requests together
 */
record MilvusGroup(
    String endpoint,
    String token,
    String collection,
    Duration connectTimeout,
    Duration reconnectAfter,
    Duration callTimeout,
    Duration patience,
    int firstHits,
    GuardOptions guard,
    PlaneOptions plane) {

  MilvusGroup {
    if (firstHits < 0) {
      throw new IllegalArgumentException("firstHits is " + firstHits + "; expected 0 or more");
    }
    if (!endpoint.isEmpty()) {
      options(
          endpoint,
          token,
          collection,
          connectTimeout,
          reconnectAfter,
          callTimeout,
          patience,
          guard);
    }
  }

  static MilvusGroup defaults() {
    var standard = MilvusOptions.defaults();
    return new MilvusGroup(
        "",
        standard.token(),
        standard.collection(),
        standard.connectTimeout(),
        standard.reconnectAfter(),
        standard.callTimeout(),
        standard.patience(),
        0,
        standard.guard(),
        PlaneOptions.defaults());
  }

  MilvusGroup withEndpoint(String value) {
    return new MilvusGroup(
        value,
        token,
        collection,
        connectTimeout,
        reconnectAfter,
        callTimeout,
        patience,
        firstHits,
        guard,
        plane);
  }

  /** Whether there is a Milvus. */
  boolean configured() {
    return !endpoint.isEmpty();
  }

  MilvusOptions options() {
    return options(
        endpoint, token, collection, connectTimeout, reconnectAfter, callTimeout, patience, guard);
  }

  private static MilvusOptions options(
      String endpoint,
      String token,
      String collection,
      Duration connectTimeout,
      Duration reconnectAfter,
      Duration callTimeout,
      Duration patience,
      GuardOptions guard) {
    return new MilvusOptions(
        endpoint, token, collection, connectTimeout, reconnectAfter, callTimeout, patience, guard);
  }

  /** The token is a secret. */
  @Override
  public String toString() {
    return configured() ? options().toString() : "no Milvus";
  }
}
