package io.trawl.workers.fleet.resolve;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.netty.util.NetUtil;
import io.trawl.workers.client.Endpoint;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramSocket;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A name server on loopback, by UDP and TCP, that answers what the test says. Messages are made by
 * hand, so that they can be as wrong as any.
 */
final class FakeNameServer {

  static final int A = 1;
  static final int CNAME = 5;
  static final int AAAA = 28;
  static final int SRV = 33;

  static final int SERVFAIL = 2;
  static final int NXDOMAIN = 3;

  /** Of a classic message by UDP. */
  private static final int UDP_BYTES = 512;

  private static final int HEADER_BYTES = 12;

  private final ConcurrentMap<Asked, Function<Question, @Nullable Buffer>> answers =
      new ConcurrentHashMap<>();
  private final AtomicInteger byTcp = new AtomicInteger();
  private final AtomicInteger questions = new AtomicInteger();
  private final DatagramSocket udp;
  private final NetServer tcp;
  private final int port;

  private FakeNameServer(DatagramSocket udp, NetServer tcp, int port) {
    this.udp = udp;
    this.tcp = tcp;
    this.port = port;
  }

  private record Asked(String name, int type) {}

  /** One question: its bytes after the header, as they are repeated in the answer. */
  private record Question(int id, Buffer bytes) {}

  /** One record of an answer. */
  record Entry(String owner, int type, long ttl, Buffer data) {}

  static FakeNameServer start(Vertx vertx) throws Exception {
    for (int attempt = 0; ; attempt++) {
      DatagramSocket udp = vertx.createDatagramSocket();
      join(udp.listen(0, "127.0.0.1"));
      int port = udp.localAddress().port();
      NetServer tcp = vertx.createNetServer();
      var server = new FakeNameServer(udp, tcp, port);
      udp.handler(
          packet -> {
            Buffer answer = server.answer(packet.data(), false);
            if (answer != null) {
              udp.send(answer, packet.sender().port(), packet.sender().host());
            }
          });
      tcp.connectHandler(server::connected);
      try {
        join(tcp.listen(port, "127.0.0.1"));
        return server;
      } catch (Exception taken) {
        join(udp.close());
        if (attempt == 20) {
          throw taken;
        }
      }
    }
  }

  private static <T> T join(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  Endpoint endpoint() {
    return new Endpoint("127.0.0.1", port);
  }

  void close() throws Exception {
    join(udp.close());
    join(tcp.close());
  }

  /** What does not fit by UDP is not to be had from now on. */
  void closeTcp() throws Exception {
    join(tcp.close());
  }

  int askedByTcp() {
    return byTcp.get();
  }

  int asked() {
    return questions.get();
  }

  void answers(String name, int type, Entry... entries) {
    answers(name, type, 0, List.of(entries));
  }

  void answers(String name, int type, int code, List<Entry> entries) {
    answers.put(new Asked(name, type), question -> message(question, code, entries));
  }

  void refuses(String name, int type, int code) {
    answers(name, type, code, List.of());
  }

  void saysNothing(String name, int type) {
    answers.put(new Asked(name, type), _ -> null);
  }

  /** A header with the right number, and then these bytes in place of a message. */
  void saysJunk(String name, int type, byte[] junk) {
    answers.put(
        new Asked(name, type),
        question -> Buffer.buffer().appendUnsignedShort(question.id).appendBytes(junk));
  }

  static Entry address(String owner, String literal) {
    byte[] bytes = requireNonNull(NetUtil.createByteArrayFromIpAddressString(literal));
    return new Entry(owner, bytes.length == 4 ? A : AAAA, 30, Buffer.buffer(bytes));
  }

  static Entry service(String owner, long ttl, int priority, int port, String target) {
    return new Entry(owner, SRV, ttl, service(priority, port).appendBuffer(name(target)));
  }

  static Buffer service(int priority, int port) {
    return Buffer.buffer()
        .appendUnsignedShort(priority)
        .appendUnsignedShort(10)
        .appendUnsignedShort(port);
  }

  static Entry alias(String owner, String target) {
    return new Entry(owner, CNAME, 30, name(target));
  }

  static Buffer name(String name) {
    var bytes = Buffer.buffer();
    for (String label : name.isEmpty() ? new String[0] : name.split("\\.")) {
      bytes.appendByte((byte) label.length()).appendBytes(label.getBytes(US_ASCII));
    }
    return bytes.appendByte((byte) 0);
  }

  private void connected(NetSocket socket) {
    var held = Buffer.buffer();
    socket.handler(
        part -> {
          held.appendBuffer(part);
          if (held.length() >= 2 && held.length() >= 2 + held.getUnsignedShort(0)) {
            Buffer answer = answer(held.slice(2, held.length()), true);
            if (answer != null) {
              socket.write(
                  Buffer.buffer().appendUnsignedShort(answer.length()).appendBuffer(answer));
            }
          }
        });
  }

  private @Nullable Buffer answer(Buffer query, boolean viaTcp) {
    (viaTcp ? byTcp : questions).incrementAndGet();
    int at = HEADER_BYTES;
    var labels = new ArrayList<String>();
    for (int length = query.getByte(at++); length > 0; length = query.getByte(at++)) {
      labels.add(query.getString(at, at + length));
      at += length;
    }
    int type = query.getUnsignedShort(at);
    var question = new Question(query.getUnsignedShort(0), query.slice(HEADER_BYTES, at + 4));
    var answer =
        answers
            .getOrDefault(
                new Asked(String.join(".", labels), type), all -> message(all, NXDOMAIN, List.of()))
            .apply(question);
    if (answer == null || viaTcp || answer.length() <= UDP_BYTES) {
      return answer;
    }
    // What fits, and the bit that says that there is more.
    return answer.getBuffer(0, UDP_BYTES).setByte(2, (byte) 0x83);
  }

  private static Buffer message(Question question, int code, List<Entry> entries) {
    var bytes =
        Buffer.buffer()
            .appendUnsignedShort(question.id)
            .appendByte((byte) 0x81)
            .appendByte((byte) (0x80 | code))
            .appendUnsignedShort(1)
            .appendUnsignedShort(entries.size())
            .appendInt(0)
            .appendBuffer(question.bytes);
    for (Entry entry : entries) {
      bytes
          .appendBuffer(name(entry.owner))
          .appendUnsignedShort(entry.type)
          .appendUnsignedShort(1)
          .appendUnsignedInt(entry.ttl)
          .appendUnsignedShort(entry.data.length())
          .appendBuffer(entry.data);
    }
    return bytes;
  }
}
