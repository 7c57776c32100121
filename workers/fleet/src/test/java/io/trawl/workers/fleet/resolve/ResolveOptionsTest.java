package io.trawl.workers.fleet.resolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.fleet.resolve.ResolveOptions.Addresses;
import io.trawl.workers.fleet.resolve.ResolveOptions.DnsOptions;
import io.trawl.workers.fleet.resolve.ResolveOptions.Endpoints;
import io.trawl.workers.fleet.resolve.ResolveOptions.Services;
import io.trawl.workers.fleet.resolve.ResolveOptions.Slices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ResolveOptionsTest {

  private static void refused(String field, String value, Executable made) {
    var invalid = assertThrows(InvalidSetting.class, made);
    assertEquals(field, invalid.field());
    assertEquals(value, invalid.value());
    assertEquals(
        "%s: %s (expected %s)".formatted(field, value, invalid.expected()), invalid.getMessage());
  }

  @Test
  void oneOfThemIsStatedAndNoMore() {
    var list = Endpoints.parse(List.of("a:1"));
    var srv = Services.of("_grpc._tcp.workers.test");
    assertSame(list, ResolveOptions.exactlyOne(List.of(list)));
    String all = "endpoints, dns, srv, kubernetes";
    refused(all, "none", () -> ResolveOptions.exactlyOne(List.of()));
    refused(all, "endpoints and srv", () -> ResolveOptions.exactlyOne(List.of(list, srv)));
  }

  @Test
  void aListHasEachEndpointOnce() {
    refused(
        "endpoints",
        "[::1]:8001",
        () -> Endpoints.parse(List.of("[::1]:8001", "a:1", "[::1]:8001")));
    refused("endpoints", "'a'", () -> Endpoints.parse(List.of("a")));
    refused("endpoints", "[0 of them]", () -> new Endpoints(List.of()));
    refused(
        "endpoints",
        "[1001 of them]",
        () -> new Endpoints(Collections.nCopies(1_001, new Endpoint("a", 1))));
  }

  @Test
  void aListIsToldAtOnceAndNeverAgain() {
    var told = new ArrayList<Located>();
    var registry = new SimpleMeterRegistry();
    Resolver resolver =
        Resolvers.of(
            Endpoints.parse(List.of("b:2", "a:1")),
            (_, _) -> {
              throw new AssertionError("no time passes");
            },
            registry,
            _ -> {
              throw new AssertionError("nothing of Kubernetes");
            });
    resolver.start(told::add);
    assertEquals(1, told.size());
    assertEquals(2, told.getFirst().places().size());
    assertEquals(2, registry.get("trawl.fleet.resolve.known").gauge().value());
    resolver.close();
  }

  @Test
  void slicesAreWatchedByWhoeverCan() {
    var asked = new ArrayList<Slices>();
    var slices = Slices.of("models", "workers", "grpc");
    Resolvers.of(
        slices,
        (_, _) -> () -> {},
        new SimpleMeterRegistry(),
        wanted -> {
          asked.add(wanted);
          return null;
        });
    assertEquals(List.of(slices), asked);
  }

  @Test
  void namesArePlainAndLoseTheirLastDot() {
    assertEquals("workers.test", Addresses.of("workers.test.", 1).name());
    for (String name :
        List.of("", ".", "a..b", "-a", "a-.b", "a b", "a/b", "x".repeat(64), "ä.test", "a:1")) {
      refused("dns.name", "'" + name + "'", () -> Addresses.of(name, 8001));
      refused("srv.name", "'" + name + "'", () -> Services.of(name));
    }
    String long255 = "a.".repeat(127) + "a";
    refused("dns.name", "'" + long255 + "'", () -> Addresses.of(long255, 1));
    refused("srv.name", "'10.0.0.1'", () -> Services.of("10.0.0.1"));
  }

  @Test
  void numbersHaveBounds() {
    var options = Addresses.of("workers.test", 8001);
    refused("dns.port", "0", () -> Addresses.of("workers.test", 0));
    refused("dns.port", "65536", () -> Addresses.of("workers.test", 65_536));
    refused("dns.refresh", "PT0.9S", () -> options.withRefresh(Duration.ofMillis(900)));
    refused("dns.refresh", "PT1H1S", () -> options.withRefresh(Duration.ofSeconds(3_601)));
    refused("dns.timeout", "PT0S", () -> DnsOptions.system().withTimeout(Duration.ZERO));
  }

  @Test
  void aNameServerIsGivenByItsAddress() {
    assertEquals(new Endpoint("::1", 53), DnsOptions.at("[::1]:53").server());
    refused("dns.server", "ns.test:53", () -> DnsOptions.at("ns.test:53"));
    refused("dns.server", "'10.0.0.1'", () -> DnsOptions.at("10.0.0.1"));
  }

  @Test
  void aServiceOfKubernetesIsNamedAsItNamesThem() {
    assertEquals("8001", Slices.of("models", "workers", "8001").port());
    refused("kubernetes.namespace", "'Models'", () -> Slices.of("Models", "workers", "grpc"));
    refused("kubernetes.service", "'a.b'", () -> Slices.of("models", "a.b", "grpc"));
    for (String port : List.of("", "0", "65536", "99999999999", "a_b")) {
      refused("kubernetes.port", "'" + port + "'", () -> Slices.of("models", "workers", port));
    }
    refused(
        "kubernetes.relist",
        "PT1S",
        () -> Slices.of("models", "workers", "grpc").withRelist(Duration.ofSeconds(1)));
  }
}
