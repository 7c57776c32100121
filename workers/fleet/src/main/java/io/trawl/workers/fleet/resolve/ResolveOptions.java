package io.trawl.workers.fleet.resolve;

import static java.util.Objects.requireNonNull;

import io.netty.util.NetUtil;
import io.trawl.workers.client.Endpoint;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a fleet learns where its workers are. What cannot be is refused by {@link InvalidSetting}.
 */
public sealed interface ResolveOptions {

  /** Most workers that are taken of any answer. */
  int MOST = 1_000;

  /** Its name among the others, as a configuration calls it. */
  String field();

  /** The one that was stated. */
  static ResolveOptions exactlyOne(List<? extends ResolveOptions> stated) {
    if (stated.size() != 1) {
      throw new InvalidSetting(
          "endpoints, dns, srv, kubernetes",
          stated.isEmpty()
              ? "none"
              : String.join(" and ", stated.stream().map(ResolveOptions::field).toList()),
          "exactly one of them");
    }
    return stated.getFirst();
  }

  /**
   * Workers that somebody wrote down.
   *
   * @param endpoints at least one, none twice
   */
  record Endpoints(List<Endpoint> endpoints) implements ResolveOptions {

    public Endpoints {
      endpoints = List.copyOf(endpoints);
      if (endpoints.isEmpty() || endpoints.size() > MOST) {
        throw new InvalidSetting(
            "endpoints", "[" + endpoints.size() + " of them]", "1 to " + MOST + " of them");
      }
      var seen = new HashSet<Endpoint>();
      for (Endpoint endpoint : endpoints) {
        if (!seen.add(endpoint)) {
          throw new InvalidSetting("endpoints", endpoint, "each endpoint once");
        }
      }
    }

    /** Of {@code host:port} each. */
    public static Endpoints parse(List<String> texts) {
      return new Endpoints(texts.stream().map(text -> endpoint("endpoints", text)).toList());
    }

    @Override
    public String field() {
      return "endpoints";
    }
  }

  /**
   * A and AAAA records of a name, such as those of a headless service of Kubernetes.
   *
   * @param name fully qualified; or an address, which is asked nobody for
   * @param port at which the workers listen
   * @param refresh after which the name is asked for again, whatever the time to live of its
   *     records; default 5 s. Long, and newcomers wait for work, and those gone are called
   * @param families which records are asked for; default both. A worker that has an address of each
   *     family counts as two: ask for one there
   * @param dns who is asked
   */
  record Addresses(String name, int port, Duration refresh, Families families, DnsOptions dns)
      implements ResolveOptions {

    public Addresses {
      name = ResolveOptions.literal(name) ? name : dnsName("dns.name", name);
      if (port < 1 || port > 65_535) {
        throw new InvalidSetting("dns.port", port, "1 to 65535");
      }
      within("dns.refresh", refresh, Duration.ofSeconds(1), Duration.ofHours(1));
      requireNonNull(families, "families");
      requireNonNull(dns, "dns");
    }

    /** With the defaults. */
    public static Addresses of(String name, int port) {
      return new Addresses(name, port, Duration.ofSeconds(5), Families.BOTH, DnsOptions.system());
    }

    public Addresses withRefresh(Duration value) {
      return new Addresses(name, port, value, families, dns);
    }

    public Addresses withFamilies(Families value) {
      return new Addresses(name, port, refresh, value, dns);
    }

    public Addresses withDns(DnsOptions value) {
      return new Addresses(name, port, refresh, families, value);
    }

    /** Whether the name is an address. */
    boolean literal() {
      return ResolveOptions.literal(name);
    }

    @Override
    public String field() {
      return "dns";
    }
  }

  /** Families of addresses. */
  enum Families {
    BOTH,
    IPV4,
    IPV6
  }

  /**
   * SRV records of a name. Those of the lowest priority are taken; weights are not looked at, since
   * traffic follows what workers bear. Asked for again by their time to live, from 1 s to 5 min.
   *
   * @param name fully qualified, such as {@code _grpc._tcp.workers.models.svc.cluster.local}
   * @param dns who is asked
   */
  record Services(String name, DnsOptions dns) implements ResolveOptions {

    public Services {
      if (literal(name)) {
        throw new InvalidSetting("srv.name", "'" + name + "'", "a name, not an address");
      }
      name = dnsName("srv.name", name);
      requireNonNull(dns, "dns");
    }

    /** Asked of the system's name server. */
    public static Services of(String name) {
      return new Services(name, DnsOptions.system());
    }

    public Services withDns(DnsOptions value) {
      return new Services(name, value);
    }

    @Override
    public String field() {
      return "srv";
    }
  }

  /**
   * Endpoint slices of a service of Kubernetes.
   *
   * @param namespace of the service
   * @param service whose slices are watched
   * @param port its name in the slices, or its number on the workers
   * @param relist after which all slices are listed anew, though a watch tells of changes; default
   *     1 min. It bounds for how long a watch that died unnoticed goes unnoticed
   */
  record Slices(String namespace, String service, String port, Duration relist)
      implements ResolveOptions {

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final String NAMED = "a name of lower case letters, digits and '-', at most 63";

    public Slices {
      requireNonNull(namespace, "namespace");
      requireNonNull(service, "service");
      requireNonNull(port, "port");
      if (!LABEL.matcher(namespace).matches()) {
        throw new InvalidSetting("kubernetes.namespace", "'" + namespace + "'", NAMED);
      }
      if (!LABEL.matcher(service).matches()) {
        throw new InvalidSetting("kubernetes.service", "'" + service + "'", NAMED);
      }
      if (!LABEL.matcher(port).matches() || (number(port) && !portNumber(port))) {
        throw new InvalidSetting(
            "kubernetes.port", "'" + port + "'", "the name of a port, or a number from 1 to 65535");
      }
      within("kubernetes.relist", relist, Duration.ofSeconds(5), Duration.ofHours(1));
    }

    /** With the defaults. */
    public static Slices of(String namespace, String service, String port) {
      return new Slices(namespace, service, port, Duration.ofMinutes(1));
    }

    public Slices withRelist(Duration value) {
      return new Slices(namespace, service, port, value);
    }

    @Override
    public String field() {
      return "kubernetes";
    }

    private static boolean number(String text) {
      return text.chars().allMatch(each -> each >= '0' && each <= '9');
    }

    private static boolean portNumber(String digits) {
      if (digits.length() > 5) {
        return false;
      }
      int port = Integer.parseInt(digits);
      return port >= 1 && port <= 65_535;
    }
  }

  /**
   * Who is asked for names.
   *
   * @param server a name server by its address; null for those of the system, in turn
   * @param timeout after which a question has failed; default 2 s
   */
  record DnsOptions(@Nullable Endpoint server, Duration timeout) {

    public DnsOptions {
      if (server != null && !literal(server.host())) {
        throw new InvalidSetting("dns.server", server, "an address and a port");
      }
      within("dns.timeout", timeout, Duration.ofMillis(10), Duration.ofMinutes(1));
    }

    /** The system's name servers. */
    public static DnsOptions system() {
      return new DnsOptions(null, Duration.ofSeconds(2));
    }

    /** One name server, {@code address:port}. */
    public static DnsOptions at(String server) {
      return system().withServer(endpoint("dns.server", server));
    }

    public DnsOptions withServer(Endpoint value) {
      return new DnsOptions(value, timeout);
    }

    public DnsOptions withTimeout(Duration value) {
      return new DnsOptions(server, value);
    }
  }

  private static boolean literal(String host) {
    return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
  }

  private static Endpoint endpoint(String field, String text) {
    try {
      return Endpoint.parse(text);
    } catch (IllegalArgumentException refused) {
      var invalid =
          new InvalidSetting(field, "'" + text + "'", "host:port, an IPv6 address in brackets");
      invalid.initCause(refused);
      throw invalid;
    }
  }

  /** Without the dot at its end. */
  private static String dnsName(String field, String name) {
    String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    if (bare.length() > 253 || !Names.DNS.matcher(bare).matches()) {
      throw new InvalidSetting(
          field,
          "'" + name + "'",
          "a name of labels of 1 to 63 letters, digits, '-' and '_', 253 characters at most");
    }
    return bare;
  }

  private static void within(String field, Duration value, Duration least, Duration most) {
    requireNonNull(value, field);
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new InvalidSetting(field, value, least + " to " + most);
    }
  }
}
