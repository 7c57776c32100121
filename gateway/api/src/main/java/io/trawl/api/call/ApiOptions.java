package io.trawl.api.call;

import io.trawl.api.check.Violations;
import io.trawl.workers.wire.bounds.ConnectionLimit;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortLimits;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Where the API listens and how it holds its connections.
 *
 * @param host address to listen on; default 127.0.0.1
 * @param httpPort port of HTTP/1.1 and h2c; default 8080, 0 picks a free one
 * @param grpcPort port of gRPC; default 9090, 0 picks a free one
 * @param eventLoops event loops that share the connections of each port, 1 to 64; default one for
 *     each processor. Too low: one core does all parsing and the others wait
 * @param maxInFlight requests received or answered at one time by all ports together; one more is
 *     answered at once with "no room". Default 4096. Too high: memory, as each may hold a body
 * @param timeouts how long things may take
 * @param bounds what connections may hold, and how many there may be
 * @param corsOrigins origins whose pages a browser lets read answers of the HTTP port, such as
 *     {@code https://shop.example}, or {@code *} for all; at most 64. Default none: browsers keep
 *     every page of another origin out
 */
public record ApiOptions(
    String host,
    int httpPort,
    int grpcPort,
    int eventLoops,
    int maxInFlight,
    Timeouts timeouts,
    Bounds bounds,
    List<String> corsOrigins) {

  /** Stands for every origin. */
  public static final String ANY_ORIGIN = "*";

  private static final int MAX_ORIGINS = 64;

  /** The edge answers a body that is too slow; the connection ends where that did not help. */
  private static final Duration AFTER_THE_EDGE = Duration.ofSeconds(1);

  /** A scheme, a host and perhaps a port, in lower case as browsers send it; no path, no slash. */
  private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[^/\\s,A-Z]+");

  public ApiOptions {
    Objects.requireNonNull(host, "host");
    within("httpPort", httpPort, 0, 65_535);
    within("grpcPort", grpcPort, 0, 65_535);
    within("eventLoops", eventLoops, 1, 64);
    within("maxInFlight", maxInFlight, 1, Integer.MAX_VALUE);
    corsOrigins = List.copyOf(corsOrigins);
    within("corsOrigins in number", corsOrigins.size(), 0, MAX_ORIGINS);
    for (var origin : corsOrigins) {
      if (!origin.equals(ANY_ORIGIN) && !ORIGIN.matcher(origin).matches()) {
        throw new IllegalArgumentException(
            "corsOrigins holds "
                + Violations.quote(origin)
                + "; expected origins such as https://shop.example or http://localhost:3000, or *");
      }
    }
    if (httpPort != 0 && httpPort == grpcPort) {
      throw new IllegalArgumentException(
          "httpPort and grpcPort are both " + httpPort + "; expected two ports");
    }
  }

  /**
   * How long things may take.
   *
   * @param headTimeout how long a request's head may take to arrive; default 10 s
   * @param bodyTimeout how long a request's body may take to arrive; default 10 s. Too low: slow
   *     links are refused; too high: slow senders hold memory
   * @param idleTimeout how long a connection may have no request, whatever else it sends; default
   *     60 s
   * @param answerTimeout how long an answer may wait for its reader; default 30 s. Too low: slow
   *     readers lose what was made for them; too high: they hold memory
   * @param lameDuckTimeout how long a gateway that is told to end is not ready and serves all the
   *     same; default 2 s. Too low: load balancers send requests that find nobody
   * @param drainTimeout how long {@code ApiServer.close} waits for requests in flight; default 10 s
   */
  public record Timeouts(
      Duration headTimeout,
      Duration bodyTimeout,
      Duration idleTimeout,
      Duration answerTimeout,
      Duration lameDuckTimeout,
      Duration drainTimeout) {

    public Timeouts {
      within("headTimeout in ms", headTimeout.toMillis(), 1, 3_600_000);
      within("answerTimeout in ms", answerTimeout.toMillis(), 1, 3_600_000);
      within("bodyTimeout in ms", bodyTimeout.toMillis(), 1, 3_600_000);
      within("idleTimeout in ms", idleTimeout.toMillis(), 1, 3_600_000);
      within("lameDuckTimeout in ms", lameDuckTimeout.toMillis(), 0, 3_600_000);
      within("drainTimeout in ms", drainTimeout.toMillis(), 0, 3_600_000);
    }

    /** The defaults named above. */
    public static Timeouts defaults() {
      return new Timeouts(
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofSeconds(2),
          Duration.ofSeconds(10));
    }
  }

  /**
   * What the connections of all ports together may hold, and how many there may be. Beyond it new
   * requests are refused, and new connections closed.
   *
   * @param memoryBytes bytes of bodies that are not answered and of answers that are not taken;
   *     default 0, for an eighth of the heap. Too low: bursts are refused; too high: the heap ends
   *     before they are
   * @param connectionMemoryBytes of one connection; default 0, for an eighth of the above
   * @param maxConnections default 8192, and at most what the system's limit of open files allows
   * @param maxConnectionsOfAddress connections of one address; default 4096. Behind a proxy, as
   *     many as that may open
   * @param maxAbandonedOfAddress calls that one address may begin over HTTP/2 and abandon at one
   *     time, a tenth of them more with each second and one more with each answer; default 1000.
   *     Too low: callers behind a proxy who leave hold up its new connections; too high: who begins
   *     and abandons costs work
   * @param maxStreamsOfAddress calls over HTTP/2 that one address may have open at one time;
   *     default 4096. Behind a proxy, as many as that may have
   * @param work how much is worked on at one time
   */
  public record Bounds(
      long memoryBytes,
      long connectionMemoryBytes,
      int maxConnections,
      int maxConnectionsOfAddress,
      int maxAbandonedOfAddress,
      int maxStreamsOfAddress,
      Work work) {
    public Bounds {
      within("memoryBytes", memoryBytes, 0, Long.MAX_VALUE);
      within("connectionMemoryBytes", connectionMemoryBytes, 0, Long.MAX_VALUE);
      within("maxConnections", maxConnections, 1, 1 << 20);
      within("maxConnectionsOfAddress", maxConnectionsOfAddress, 1, 1 << 20);
      within("maxAbandonedOfAddress", maxAbandonedOfAddress, 1, 1 << 20);
      within("maxStreamsOfAddress", maxStreamsOfAddress, 1, 1 << 20);
    }

    /** The defaults named above. */
    public static Bounds defaults() {
      return new Bounds(0, 0, 8192, 4096, 1000, 4096, Work.defaults());
    }

    /**
     * @param maxMessageBytes of the largest request; one connection has room for it packed and
     *     unpacked
     */
    public MemoryBudget budget(long maxMessageBytes) {
      return MemoryBudget.of(memoryBytes, connectionMemoryBytes, 2 * maxMessageBytes);
    }

    /**
     * For the transport that the ports listen over.
     *
     * @param possible as many as the system allows
     */
    public ConnectionLimit connections(Duration headTimeout, long possible) {
      int most = (int) Math.clamp(possible, 1, maxConnections);
      return new ConnectionLimit(most, maxConnectionsOfAddress, headTimeout);
    }
  }

  /**
   * How much work is under way at one time, in usual searches: one objective, everything else left
   * to the gateway. The limit follows how long work waits for a thread; beyond it requests are
   * refused.
   *
   * @param start where the limit starts; default 8 for each processor
   * @param least how far it falls; default 2 for each processor. Too high: what is taken waits
   * @param most how far it grows; default 1024. The same as {@code least}: it is fixed
   */
  public record Work(int start, int least, int most) {
    public Work {
      within("least", least, 1, 1 << 20);
      within("most", most, least, 1 << 20);
      within("start", start, least, most);
    }

    /** The defaults named above. */
    public static Work defaults() {
      int processors = Runtime.getRuntime().availableProcessors();
      return new Work(8 * processors, 2 * processors, Math.max(1024, 8 * processors));
    }
  }

  /** What the connections of these ports are held to. */
  public PortLimits ports() {
    return new PortLimits(
        timeouts.headTimeout(),
        timeouts.bodyTimeout().plus(AFTER_THE_EDGE),
        timeouts.idleTimeout(),
        timeouts.answerTimeout(),
        bounds.maxAbandonedOfAddress(),
        bounds.maxStreamsOfAddress(),
        _ -> false);
  }

  /** These ports, everything else by default. */
  public ApiOptions(String host, int httpPort, int grpcPort) {
    this(
        host,
        httpPort,
        grpcPort,
        Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 64),
        4096,
        Timeouts.defaults(),
        Bounds.defaults(),
        List.of());
  }

  /** The same on other ports. */
  public ApiOptions withPorts(int http, int grpc) {
    return new ApiOptions(host, http, grpc, eventLoops, maxInFlight, timeouts, bounds, corsOrigins);
  }

  /** The same with a limit of work that stays where it is: for callers who wait for each answer. */
  public ApiOptions withFixedWork(int searches) {
    var fixed =
        new Bounds(
            bounds.memoryBytes(),
            bounds.connectionMemoryBytes(),
            bounds.maxConnections(),
            bounds.maxConnectionsOfAddress(),
            bounds.maxAbandonedOfAddress(),
            bounds.maxStreamsOfAddress(),
            new Work(searches, searches, searches));
    return new ApiOptions(
        host, httpPort, grpcPort, eventLoops, maxInFlight, timeouts, fixed, corsOrigins);
  }

  /** The same for pages of other origins. */
  public ApiOptions withCorsOrigins(List<String> origins) {
    return new ApiOptions(
        host, httpPort, grpcPort, eventLoops, maxInFlight, timeouts, bounds, origins);
  }

  private static void within(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + "; expected " + least + " to " + most);
    }
  }
}
