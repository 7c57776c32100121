package io.trawl.workers.kubernetes;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.fleet.resolve.Located.Place;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads endpoint slices: all slices of a service are one list of workers.
 *
 * <p>A worker that is ready is a place. One that is told to end is a place that is leaving, whether
 * or not it says that it still serves: it finishes what it has until it is gone from its slice. One
 * that is neither is absent. An address that stands in two slices counts as the readier of them,
 * since slices change one after the other; a pod that has an address of each family is known by
 * that of IPv4, in whatever state the other is.
 */
final class SlicePlaces {

  private static final Comparator<Seen> READIER_FIRST =
      Comparator.comparing(Seen::state).thenComparing(seen -> seen.endpoint.host());

  private SlicePlaces() {}

  /**
   * What the slices say.
   *
   * @param places of workers, those that are leaving last
   * @param portIsThere false if there are endpoints and none has the port
   */
  record Read(List<Place> places, boolean portIsThere) {}

  /** In the order in which one of two that contradict each other counts. */
  private enum State {
    STAYING,
    LEAVING,
    ABSENT
  }

  private record Seen(String pod, int family, Endpoint endpoint, String zone, State state) {}

  /** All places, at a port by its name or its number. */
  static Read read(Collection<EndpointSlice> slices, String port) {
    var seen = new ArrayList<Seen>();
    boolean withoutPort = false;
    for (EndpointSlice slice : slices) {
      int number = number(slice, port);
      withoutPort |= number == 0 && !slice.getEndpoints().isEmpty();
      if (number != 0) {
        slice.getEndpoints().stream()
            .filter(endpoint -> !endpoint.getAddresses().isEmpty())
            .map(endpoint -> seen(slice, endpoint, number))
            .forEach(seen::add);
      }
    }
    Map<String, Seen> byPod = new HashMap<>();
    seen.forEach(one -> byPod.merge(one.pod, one, SlicePlaces::better));
    return new Read(
        byPod.values().stream()
            .filter(one -> one.state != State.ABSENT)
            .sorted(READIER_FIRST)
            .map(one -> new Place(one.endpoint, one.zone, one.state == State.LEAVING))
            .toList(),
        !seen.isEmpty() || !withoutPort);
  }

  private static Seen better(Seen one, Seen other) {
    if (one.family != other.family) {
      return one.family < other.family ? one : other;
    }
    return READIER_FIRST.compare(one, other) <= 0 ? one : other;
  }

  private static Seen seen(
      EndpointSlice slice,
      io.fabric8.kubernetes.api.model.discovery.v1.Endpoint endpoint,
      int port) {
    // All of them lead to the same worker; the first is the one to use.
    String address = endpoint.getAddresses().getFirst();
    ObjectReference pod = endpoint.getTargetRef();
    String zone = endpoint.getZone();
    return new Seen(
        pod == null || pod.getUid() == null ? "address " + address : pod.getUid(),
        "IPv4".equals(slice.getAddressType()) ? 4 : 6,
        new Endpoint(address, port),
        zone == null ? "" : zone,
        state(endpoint.getConditions()));
  }

  /** What is not said of readiness means that it is ready. */
  private static State state(@Nullable EndpointConditions conditions) {
    if (conditions == null) {
      return State.STAYING;
    }
    if (Boolean.TRUE.equals(conditions.getTerminating())) {
      return State.LEAVING;
    }
    return Boolean.FALSE.equals(conditions.getReady()) ? State.ABSENT : State.STAYING;
  }

  /**
   * The number of the port in a slice, 0 if it has none. A slice that names no port has them all.
   */
  private static int number(EndpointSlice slice, String wanted) {
    boolean byNumber =
        Character.isDigit(wanted.charAt(0)) && wanted.chars().allMatch(Character::isDigit);
    if (byNumber && slice.getPorts().isEmpty()) {
      return Integer.parseInt(wanted);
    }
    for (EndpointPort port : slice.getPorts()) {
      boolean tcp = port.getProtocol() == null || port.getProtocol().equals("TCP");
      Integer number = port.getPort();
      if (tcp && number != null && wanted.equals(byNumber ? number.toString() : port.getName())) {
        return number;
      }
    }
    return 0;
  }
}
