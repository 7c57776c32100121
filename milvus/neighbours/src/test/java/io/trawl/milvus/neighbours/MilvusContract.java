package io.trawl.milvus.neighbours;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Ticker;
import io.trawl.workers.testkit.RealMilvus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What a server must do that speaks Milvus' protocol. Its tests share the server with others and
 * run side by side: each has collections of its own.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
abstract class MilvusContract {

  private static final Map<String, Map<Ability, String>> MISSING = new ConcurrentHashMap<>();

  private final Vertx vertx = Vertx.vertx();
  private final MilvusConnection connection;
  private final MilvusCollections collections;
  private final String endpoint;

  MilvusContract(RealMilvus server) {
    endpoint = server.endpoint();
    connection =
        MilvusConnection.create(
            vertx,
            MilvusOptions.administering(endpoint, "", Duration.ofMinutes(2)),
            Ticker.system(),
            new SimpleMeterRegistry());
    collections = new MilvusCollections(connection, Ticker.system());
  }

  @BeforeAll
  void connect() {
    done(connection.start());
  }

  @AfterAll
  void disconnect() {
    done(connection.close());
    done(vertx.close());
  }

  final MilvusConnection connection() {
    return connection;
  }

  final MilvusCollections collections() {
    return collections;
  }

  /** What the server was seen not to do, with what it said; asked once. */
  final Map<Ability, String> missing() {
    return MISSING.computeIfAbsent(endpoint, _ -> Ability.missing(connection, collections));
  }

  /** Skips the test where the server cannot do this, and says why. */
  final void needs(Ability ability) {
    var why = missing().get(ability);
    assumeTrue(why == null, () -> ability + ": " + why);
  }

  static String unusedName() {
    return "t_" + UUID.randomUUID().toString().replace('-', '_');
  }

  static <T> T done(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(180, TimeUnit.SECONDS).join();
  }
}
