package io.trawl.workers.server.edge;

import io.trawl.workers.server.edge.Restriction.Protocol;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The restrictions of one port: whether a call brings the header that its kind wants. */
public final class Restrictions {
  /** Nothing is restricted. */
  static final Restrictions NONE = new Restrictions("", List.of());

  private record Header(String name, byte[] value) {}

  private final Map<Protocol, Header> headers = new EnumMap<>(Protocol.class);

  private Restrictions(String prefix, List<Restriction> all) {
    for (Restriction restriction : all) {
      byte[] value = restriction.value().getBytes(StandardCharsets.UTF_8);
      for (Protocol protocol : restriction.protocols()) {
        if (headers.put(protocol, new Header(prefix + restriction.key(), value)) != null) {
          throw new IllegalArgumentException(
              "'" + protocol.word() + "' is restricted twice, expected one header for each");
        }
      }
    }
  }

  public static Restrictions ofGrpc(List<Restriction> all) {
    return new Restrictions("triton-grpc-protocol-", all);
  }

  public static Restrictions ofHttp(List<Restriction> all) {
    return new Restrictions("", all);
  }

  /** The name of the header that a call of this kind wants and does not bring. */
  Optional<String> missing(Protocol protocol, MultiMap given) {
    Header header = headers.get(protocol);
    if (header == null) {
      return Optional.empty();
    }
    String value = given.get(header.name());
    // In the same time whatever is wrong with it.
    boolean fits =
        value != null
            && MessageDigest.isEqual(value.getBytes(StandardCharsets.UTF_8), header.value());
    return fits ? Optional.empty() : Optional.of(header.name());
  }
}
