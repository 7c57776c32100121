package io.trawl.workers.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SlicePlacesTest {

  private static EndpointSlice slice(String family, Endpoint... endpoints) {
    return new EndpointSliceBuilder()
        .withAddressType(family)
        .withPorts(
            new EndpointPortBuilder().withName("http").withPort(8000).build(),
            new EndpointPortBuilder().withName("udp").withPort(8002).withProtocol("UDP").build(),
            new EndpointPortBuilder().withName("grpc").withPort(8001).withProtocol("TCP").build())
        .withEndpoints(endpoints)
        .build();
  }

  private static Endpoint endpoint(
      String pod, String address, @Nullable Boolean ready, @Nullable Boolean terminating) {
    return new EndpointBuilder()
        .withAddresses(address)
        .withNewTargetRef()
        .withUid(pod)
        .endTargetRef()
        .withNewConditions()
        .withReady(ready)
        .withServing(ready)
        .withTerminating(terminating)
        .endConditions()
        .build();
  }

  private static Endpoint ready(String pod, String address) {
    return endpoint(pod, address, true, false);
  }

  private static List<String> read(EndpointSlice... slices) {
    return SlicePlaces.read(List.of(slices), "grpc").places().stream()
        .map(
            place ->
                place.endpoint()
                    + (place.zone().isEmpty() ? "" : " in " + place.zone())
                    + (place.leaving() ? " leaving" : ""))
        .toList();
  }

  @Test
  void slicesAreOneListOfWorkers() {
    assertEquals(
        List.of("10.0.0.1:8001", "10.0.0.2:8001"),
        read(slice("IPv4", ready("a", "10.0.0.1")), slice("IPv4", ready("b", "10.0.0.2"))));
  }

  @Test
  void conditionsSayWhoStaysLeavesAndIsAbsent() {
    assertEquals(
        List.of("10.0.0.1:8001", "10.0.0.2:8001", "10.0.0.4:8001 leaving", "10.0.0.5:8001 leaving"),
        read(
            slice(
                "IPv4",
                ready("a", "10.0.0.1"),
                endpoint("b", "10.0.0.2", null, null),
                endpoint("c", "10.0.0.3", false, false),
                endpoint("d", "10.0.0.4", false, true),
                endpoint("e", "10.0.0.5", true, true))));
  }

  @Test
  void anEndpointWithoutConditionsOrAPodIsReady() {
    assertEquals(
        List.of("10.0.0.1:8001"),
        read(slice("IPv4", new EndpointBuilder().withAddresses("10.0.0.1").build())));
  }

  @Test
  void anEndpointWithoutAnAddressIsNobody() {
    assertEquals(List.of(), read(slice("IPv4", new EndpointBuilder().build())));
  }

  @Test
  void theZoneIsTakenAlong() {
    var endpoint = new EndpointBuilder(ready("a", "10.0.0.1")).withZone("eu-1a").build();
    assertEquals(List.of("10.0.0.1:8001 in eu-1a"), read(slice("IPv4", endpoint)));
  }

  @Test
  void ofTwoFamiliesAPodIsOneWorkerByTheSameAddressInEveryState() {
    assertEquals(
        List.of("10.0.0.1:8001", "[2001:db8::2]:8001"),
        read(
            slice("IPv6", ready("a", "2001:db8::1"), ready("b", "2001:db8::2")),
            slice("IPv4", ready("a", "10.0.0.1"))));
    assertEquals(
        List.of("10.0.0.1:8001 leaving"),
        read(
            slice("IPv6", ready("a", "2001:db8::1")),
            slice("IPv4", endpoint("a", "10.0.0.1", false, true))));
    assertEquals(
        List.of(),
        read(
            slice("IPv6", ready("a", "2001:db8::1")),
            slice("IPv4", endpoint("a", "10.0.0.1", false, false))));
  }

  @Test
  void anEndpointThatMovesFromSliceToSliceIsTheReadierOfThem() {
    for (boolean swapped : new boolean[] {false, true}) {
      var one = slice("IPv4", endpoint("a", "10.0.0.1", false, false));
      var other = slice("IPv4", ready("a", "10.0.0.1"));
      assertEquals(List.of("10.0.0.1:8001"), swapped ? read(other, one) : read(one, other));
    }
  }

  @Test
  void thePortIsNamedOrNumbered() {
    var slices = List.of(slice("IPv4", ready("a", "10.0.0.1")));
    assertEquals(8000, SlicePlaces.read(slices, "http").places().getFirst().endpoint().port());
    assertEquals(8001, SlicePlaces.read(slices, "8001").places().getFirst().endpoint().port());
    for (String absent : List.of("udp", "8002", "metrics", "9")) {
      assertFalse(SlicePlaces.read(slices, absent).portIsThere(), absent);
      assertEquals(List.of(), SlicePlaces.read(slices, absent).places());
    }
  }

  @Test
  void aSliceWithoutPortsHasEveryNumberAndNoName() {
    var slices =
        List.of(
            new EndpointSliceBuilder()
                .withAddressType("IPv4")
                .withEndpoints(ready("a", "10.0.0.1"))
                .build());
    assertEquals(9000, SlicePlaces.read(slices, "9000").places().getFirst().endpoint().port());
    assertFalse(SlicePlaces.read(slices, "grpc").portIsThere());
  }

  @Test
  void whereNobodyIsNoPortIsMissed() {
    assertTrue(SlicePlaces.read(List.of(slice("IPv4")), "metrics").portIsThere());
    assertTrue(SlicePlaces.read(List.of(), "grpc").portIsThere());
  }
}
