package io.trawl.milvus.neighbours;

import io.trawl.workers.guard.GuardOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;

/**
 * Where Milvus is and how it is called.
 *
 * @param endpoint its gRPC address, {@code host:port}, or {@code https://host:port} for TLS;
 *     default {@code 127.0.0.1:19530}; empty for none, which cannot be connected to. Wrong: every
 *     answer is labelled as made without Milvus
 * @param token {@code user:password} or an API key; empty, the default, for a server without
 *     authorization
 * @param collection the alias or collection that holds the items of the space; empty, the default,
 *     for the alias named after the space. Wrong: nothing is found, or items of another space
 * @param connectTimeout how long connecting may take, default 3 s. Long: a hung server is noticed
 *     late; short: a busy one is taken for dead
 * @param reconnectAfter pause between two attempts to connect again after a loss, default 250 ms
 * @param callTimeout ceiling of one call where the request's own deadline lies further away,
 *     default 2 s
 * @param patience a call that had less time than this and expired says nothing of the server;
 *     default 20 ms. Long: a hung server is called for as long as deadlines are shorter than this;
 *     short: requests with hopeless deadlines make it look slow
 * @param guard how many calls may be under way, and when calling pauses because they fail
 */
public record MilvusOptions(
    String endpoint,
    String token,
    String collection,
    Duration connectTimeout,
    Duration reconnectAfter,
    Duration callTimeout,
    Duration patience,
    GuardOptions guard) {

  public MilvusOptions {
    if (!endpoint.isEmpty()) {
      uri(endpoint);
    }
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(collection, "collection");
    within("connectTimeout", connectTimeout, Duration.ofMillis(10), Duration.ofMinutes(1));
    within("reconnectAfter", reconnectAfter, Duration.ofMillis(10), Duration.ofMinutes(1));
    within("callTimeout", callTimeout, Duration.ofMillis(1), Duration.ofHours(1));
    within("patience", patience, Duration.ZERO, Duration.ofMinutes(1));
    Objects.requireNonNull(guard, "guard");
  }

  public static MilvusOptions defaults() {
    return new MilvusOptions(
        "127.0.0.1:19530",
        "",
        "",
        Duration.ofSeconds(3),
        Duration.ofMillis(250),
        Duration.ofSeconds(2),
        Duration.ofMillis(20),
        GuardOptions.defaults());
  }

  /**
   * For administration, of which single calls take minutes: a server that is slow or refuses is
   * asked all the same, and every failure is told.
   */
  public static MilvusOptions administering(String endpoint, String token, Duration callTimeout) {
    return new MilvusOptions(
        endpoint,
        token,
        "",
        Duration.ofSeconds(30),
        Duration.ofMillis(250),
        callTimeout,
        Duration.ofMillis(20),
        new GuardOptions(32, 100_000, 100_000, 1, callTimeout, 1, Duration.ofSeconds(1), 1));
  }

  public MilvusOptions withEndpoint(String value) {
    return new MilvusOptions(
        value, token, collection, connectTimeout, reconnectAfter, callTimeout, patience, guard);
  }

  public MilvusOptions withCallTimeout(Duration value) {
    return new MilvusOptions(
        endpoint, token, collection, connectTimeout, reconnectAfter, value, patience, guard);
  }

  public MilvusOptions withGuard(GuardOptions value) {
    return new MilvusOptions(
        endpoint, token, collection, connectTimeout, reconnectAfter, callTimeout, patience, value);
  }

  /** The endpoint as a URI with scheme, host and port. */
  URI uri() {
    return uri(endpoint);
  }

  private static URI uri(String endpoint) {
    var given = endpoint.contains("://") ? endpoint : "http://" + endpoint;
    try {
      var uri = URI.create(given);
      var scheme = uri.getScheme().toLowerCase(Locale.ROOT);
      if (uri.getHost() != null
          && uri.getPort() > 0
          && (scheme.equals("http") || scheme.equals("https"))) {
        return uri;
      }
    } catch (IllegalArgumentException _) {
      // falls through to the one message
    }
    throw new IllegalArgumentException(
        "endpoint is '%s'; expected host:port or https://host:port".formatted(endpoint));
  }

  private static void within(String name, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "%s is %s; expected %s to %s".formatted(name, value, least, most));
    }
  }

  /** The token is a secret. */
  @Override
  public String toString() {
    return ("MilvusOptions[endpoint=%s, token=%s, collection=%s, connectTimeout=%s,"
            + " reconnectAfter=%s, callTimeout=%s, patience=%s, guard=%s]")
        .formatted(
            endpoint,
            token.isEmpty() ? "" : "***",
            collection,
            connectTimeout,
            reconnectAfter,
            callTimeout,
            patience,
            guard);
  }
}
