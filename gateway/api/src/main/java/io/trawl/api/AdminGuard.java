package io.trawl.api;

import io.trawl.api.check.Violations;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells requests of operators from those that a web page has a browser make: the page's origin
 * stands in {@code Origin}, and where the page's own name was made to lead here, that name stands
 * in {@code Host}.
 */
final class AdminGuard {

  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Pattern PORT = Pattern.compile(":\\d{0,5}$");

  private final Set<String> names = new HashSet<>();
  private final Set<String> origins;

  AdminGuard(AdminOptions options) {
    for (var name : List.of("localhost", options.host(), options.healthHost())) {
      names.add(name.toLowerCase(Locale.ROOT));
    }
    options.hosts().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    origins = Set.copyOf(options.origins());
  }

  /**
   * Why a request is not let in; empty where it is.
   *
   * @param overSocket whether it came over a Unix domain socket, where names mean nothing
   */
  Optional<String> refusal(HttpServerRequest request, boolean overSocket) {
    for (var origin : request.headers().getAll(HttpHeaders.ORIGIN)) {
      if (!origins.contains(origin)) {
        return Optional.of(
            "origin is %s; expected none, or one of admin.origins"
                .formatted(Violations.quote(origin)));
      }
    }
    var hosts = request.headers().getAll(HttpHeaders.HOST);
    if (overSocket || (hosts.size() == 1 && knows(hosts.getFirst()))) {
      return Optional.empty();
    }
    return Optional.of(
        "host is %s; expected an IP address, localhost or one of admin.hosts"
            .formatted(Violations.quote(String.join(", ", hosts))));
  }

  private boolean knows(String authority) {
    // No name has a colon in it: what stands in brackets is an IPv6 address.
    if (authority.startsWith("[")) {
      return true;
    }
    var host = PORT.matcher(authority).replaceFirst("").toLowerCase(Locale.ROOT);
    return IPV4.matcher(host).matches() || names.contains(host);
  }
}
