package io.trawl.workers.fleet.resolve;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.NetUtil;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.fleet.resolve.Located.Place;
import io.trawl.workers.fleet.resolve.NameServer.Answer;
import io.trawl.workers.fleet.resolve.ResolveOptions.Addresses;
import io.trawl.workers.fleet.resolve.ResolveOptions.Families;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Addresses of a name. Each family is a question of its own: one that fails keeps what it last
 * gave, while the other may change.
 */
final class AddressLookup implements Lookup {

  private final Addresses options;
  private final List<Family> families = new ArrayList<>();

  AddressLookup(Addresses options) {
    this.options = options;
    if (options.families() != Families.IPV6) {
      families.add(new Family(DnsRecordType.A, 4));
    }
    if (options.families() != Families.IPV4) {
      families.add(new Family(DnsRecordType.AAAA, 16));
    }
  }

  @Override
  public void look(NameServer server, Consumer<Finding> then) {
    var left = new int[] {families.size()};
    for (Family family : families) {
      server.<String>ask(
          options.name(),
          family.type,
          data -> address(data, family.bytes),
          answer -> {
            family.answer = answer;
            if (--left[0] == 0) {
              then.accept(finding());
            }
          });
    }
  }

  private Finding finding() {
    Failed failed = null;
    boolean found = false;
    String nothing = "";
    for (Family family : families) {
      switch (family.answer) {
        case Answer.Records<String> _ -> found = true;
        case Answer.Nothing<String>(String what) -> nothing = what;
        case Answer.Failed<String>(Failure failure, String what) ->
            failed = new Failed(failure, what);
        case null -> throw new IllegalStateException("a question without an answer");
      }
    }
    if (!found) {
      return new Finding(
          List.of(),
          options.refresh().toNanos(),
          failed == null ? new Failed(Failure.EMPTY, nothing) : failed);
    }
    var places = new ArrayList<Place>();
    for (Family family : families) {
      switch (family.answer) {
        case Answer.Records<String>(List<String> values, long _) -> family.known = values;
        case Answer.Nothing<String> _ -> family.known = List.of();
        case Answer.Failed<String> _ -> {}
        case null -> throw new IllegalStateException("a question without an answer");
      }
      for (String address : family.known) {
        places.add(Place.of(new Endpoint(address, options.port())));
      }
    }
    return new Finding(places, options.refresh().toNanos(), failed);
  }

  private static String address(ByteBuf data, int length) throws UnknownHostException {
    if (data.readableBytes() != length) {
      throw new IllegalArgumentException(
          "address: %d bytes (expected %d)".formatted(data.readableBytes(), length));
    }
    var bytes = new byte[length];
    data.getBytes(data.readerIndex(), bytes);
    return NetUtil.toAddressString(InetAddress.getByAddress(bytes));
  }

  private static final class Family {

    private final DnsRecordType type;
    private final int bytes;
    private List<String> known = List.of();
    private @Nullable Answer<String> answer;

    Family(DnsRecordType type, int bytes) {
      this.type = type;
      this.bytes = bytes;
    }
  }
}
