package io.trawl.workers.fleet.resolve;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.resolver.HostsFileEntriesResolver;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.fleet.resolve.ResolveOptions.DnsOptions;
import io.vertx.core.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks name servers, on a thread of its own: answers are read there, however many records they have
 * and whatever else is in them.
 *
 * <p>By UDP, and by TCP where an answer did not fit. One that is cut even then is a failure: taken
 * for the whole, it would have workers gone that are there.
 */
final class NameServer implements Executor {

  private static final HostsFileEntriesResolver NO_HOSTS_FILE = (_, _) -> null;

  private final EventLoopGroup group;
  private final EventLoop loop;
  private final DnsNameResolver resolver;

  private NameServer(EventLoopGroup group, EventLoop loop, DnsNameResolver resolver) {
    this.group = group;
    this.loop = loop;
    this.resolver = resolver;
  }

  /** Starts the thread. Whoever opens it closes it. */
  static NameServer open(DnsOptions options) {
    var group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("fleet-dns", true), NioIoHandler.newFactory());
    try {
      EventLoop loop = group.next();
      var builder =
          new DnsNameResolverBuilder(loop)
              .datagramChannelType(NioDatagramChannel.class)
              .socketChannelType(NioSocketChannel.class)
              .queryTimeoutMillis(options.timeout().toMillis())
              .searchDomains(List.of())
              .hostsFileEntriesResolver(NO_HOSTS_FILE)
              .resolveCache(NoopDnsCache.INSTANCE)
              .cnameCache(NoopDnsCnameCache.INSTANCE)
              .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE);
      Endpoint server = options.server();
      if (server != null) {
        builder.nameServerProvider(new SingletonDnsServerAddressStreamProvider(address(server)));
      }
      return new NameServer(group, loop, builder.build());
    } catch (RuntimeException failed) {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw failed;
    }
  }

  private static InetSocketAddress address(Endpoint literal) {
    try {
      byte[] bytes = NetUtil.createByteArrayFromIpAddressString(literal.host());
      return new InetSocketAddress(InetAddress.getByAddress(bytes), literal.port());
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException("no address: " + literal, impossible);
    }
  }

  /** What came of a question. */
  sealed interface Answer<T> {

    /**
     * Records, at least one.
     *
     * @param ttlSeconds the shortest time that one of them may live
     */
    record Records<T>(List<T> values, long ttlSeconds) implements Answer<T> {}

    /** That there is none. */
    record Nothing<T>(String what) implements Answer<T> {}

    /** None, or none that can be trusted. */
    record Failed<T>(Failure failure, String what) implements Answer<T> {}
  }

  /** Reads the data of one record; what it throws makes the answer malformed. */
  @FunctionalInterface
  interface Reading<T> {
    T read(ByteBuf data) throws UnknownHostException;
  }

  /** Asks, and hands the answer over on this thread, once. */
  <T> void ask(String name, DnsRecordType type, Reading<T> reading, Consumer<Answer<T>> then) {
    String question = name + ".";
    resolver
        .query(new DefaultDnsQuestion(question, type))
        .addListener(
            (Future<AddressedEnvelope<DnsResponse, InetSocketAddress>> ended) ->
                then.accept(answer(question, type, reading, ended)));
  }

  private static <T> Answer<T> answer(
      String question,
      DnsRecordType type,
      Reading<T> reading,
      Future<AddressedEnvelope<DnsResponse, InetSocketAddress>> ended) {
    if (!ended.isSuccess()) {
      Throwable cause = ended.cause();
      return cause instanceof DnsNameResolverTimeoutException
          ? new Answer.Failed<>(Failure.TIMEOUT, type.name() + " records: no answer in time")
          : new Answer.Failed<>(
              Failure.UNREACHABLE, "%s records: %s".formatted(type.name(), cause.getMessage()));
    }
    AddressedEnvelope<DnsResponse, InetSocketAddress> envelope = ended.getNow();
    try {
      return read(question, type, reading, envelope.content());
    } catch (RuntimeException | UnknownHostException unreadable) {
      return new Answer.Failed<>(
          Failure.MALFORMED, "%s records: %s".formatted(type.name(), unreadable.getMessage()));
    } finally {
      envelope.release();
    }
  }

  private static <T> Answer<T> read(
      String question, DnsRecordType type, Reading<T> reading, DnsResponse response)
      throws UnknownHostException {
    DnsResponseCode code = response.code();
    if (code.equals(DnsResponseCode.NXDOMAIN)) {
      return new Answer.Nothing<>("no such name (it is asked for as it is written)");
    }
    if (!code.equals(DnsResponseCode.NOERROR)) {
      return new Answer.Failed<>(Failure.REFUSED, "%s records: %s".formatted(type.name(), code));
    }
    if (response.isTruncated()) {
      return new Answer.Failed<>(
          Failure.TRUNCATED, type.name() + " records: cut by UDP, and not to be had by TCP");
    }
    Set<String> owners = owners(question, response);
    var values = new ArrayList<T>();
    long ttl = Long.MAX_VALUE;
    for (int index = 0; index < response.count(DnsSection.ANSWER); index++) {
      DnsRecord record = response.recordAt(DnsSection.ANSWER, index);
      if (record.type().equals(type)
          && record instanceof DnsRawRecord raw
          && owners.contains(lower(record.name()))) {
        values.add(reading.read(raw.content()));
        ttl = Math.min(ttl, record.timeToLive());
      }
    }
    return values.isEmpty()
        ? new Answer.Nothing<>("no " + type.name() + " records")
        : new Answer.Records<>(values, ttl);
  }

  /** The name that was asked for, and those that it is an alias of. */
  private static Set<String> owners(String question, DnsResponse response) {
    Map<String, String> aliases = new HashMap<>();
    for (int index = 0; index < response.count(DnsSection.ANSWER); index++) {
      DnsRecord record = response.recordAt(DnsSection.ANSWER, index);
      if (record.type().equals(DnsRecordType.CNAME) && record instanceof DnsRawRecord raw) {
        aliases.put(lower(record.name()), lower(name(raw.content())));
      }
    }
    Set<String> owners = new HashSet<>();
    String owner = lower(question);
    while (owner != null && owners.add(owner)) {
      owner = aliases.get(owner);
    }
    return owners;
  }

  /** A name in a record's data, with a dot at its end; pointers that go in a circle are refused. */
  static String name(ByteBuf data) {
    return DefaultDnsRecordDecoder.decodeName(data);
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** Runs something on this thread, unless it has ended. */
  @Override
  public void execute(Runnable action) {
    try {
      loop.execute(action);
    } catch (RejectedExecutionException ended) {
      if (!loop.isShuttingDown()) {
        throw ended;
      }
    }
  }

  /** Ends the thread, after which nothing of it runs. */
  io.vertx.core.Future<Void> close() {
    Promise<Void> closed = Promise.promise();
    resolver.close();
    group
        .shutdownGracefully(0, 1, TimeUnit.SECONDS)
        .addListener(
            (Future<Object> ended) -> {
              if (ended.isSuccess()) {
                closed.complete();
              } else {
                closed.fail(ended.cause());
              }
            });
    return closed.future();
  }
}
