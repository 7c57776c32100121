package io.trawl.workers.testkit.attack;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a server has said over HTTP/2, read from its bytes. A frame that has not come whole is left
 * out; one that breaks the protocol is an {@link AssertionError}.
 *
 * @param streams what came on each stream
 * @param goAway the error code of a GOAWAY, null where none came
 * @param pingAcks how many pings were answered
 */
public record Http2Answers(Map<Integer, Stream> streams, @Nullable Integer goAway, int pingAcks) {

  /**
   * What came on one stream.
   *
   * @param fields headers and trailers in one
   * @param reset the error code of an RST_STREAM, null where none came
   */
  public record Stream(
      Map<String, String> fields, byte[] data, boolean ended, @Nullable Integer reset) {

    /** Whether nothing more can come. */
    public boolean over() {
      return ended || reset != null;
    }

    /** Empty where none came. */
    public String field(String name) {
      return fields.getOrDefault(name, "");
    }
  }

  private static final int PRIORITY = 0x20;

  public static Http2Answers parse(byte[] bytes) {
    return new Reader().read(ByteBuffer.wrap(bytes));
  }

  /** Whether nothing more can come on the stream. */
  public boolean over(int stream) {
    var known = streams.get(stream);
    return known != null && known.over();
  }

  private static final class Building {
    final Map<String, String> fields = new LinkedHashMap<>();
    final ByteArrayOutputStream data = new ByteArrayOutputStream();
    boolean ended;
    @Nullable Integer reset;

    Stream done() {
      return new Stream(fields, data.toByteArray(), ended, reset);
    }
  }

  private static final class Reader {

    /** One for the connection: blocks of headers build on one another. */
    private final DefaultHttp2HeadersDecoder hpack = new DefaultHttp2HeadersDecoder(false);

    private final Map<Integer, Building> streams = new TreeMap<>();
    private final ByteArrayOutputStream block = new ByteArrayOutputStream();
    private @Nullable Integer goAway;
    private int pingAcks;

    Http2Answers read(ByteBuffer in) {
      while (in.remaining() >= 9) {
        int length = (in.get(in.position()) & 255) << 16 | in.getShort(in.position() + 1) & 0xffff;
        if (in.remaining() < 9 + length) {
          break;
        }
        in.position(in.position() + 3);
        int type = in.get();
        int flags = in.get();
        int stream = in.getInt();
        var payload = new byte[length];
        in.get(payload);
        take(type, flags, stream, payload);
      }
      Map<Integer, Stream> done = new TreeMap<>();
      streams.forEach((id, building) -> done.put(id, building.done()));
      return new Http2Answers(done, goAway, pingAcks);
    }

    private Building of(int stream) {
      return streams.computeIfAbsent(stream, _ -> new Building());
    }

    private void take(int type, int flags, int stream, byte[] payload) {
      switch (type) {
        case Http2Bytes.DATA -> of(stream).data.writeBytes(payload);
        case Http2Bytes.HEADERS, Http2Bytes.CONTINUATION -> headers(type, flags, stream, payload);
        case Http2Bytes.RST_STREAM -> of(stream).reset = ByteBuffer.wrap(payload).getInt();
        case Http2Bytes.GOAWAY -> goAway = ByteBuffer.wrap(payload).getInt(4);
        case Http2Bytes.PING -> pingAcks += flags & Http2Bytes.ACK;
        default -> {}
      }
      boolean ends = type == Http2Bytes.DATA || type == Http2Bytes.HEADERS;
      if (ends && (flags & Http2Bytes.END_STREAM) != 0) {
        of(stream).ended = true;
      }
    }

    private void headers(int type, int flags, int stream, byte[] payload) {
      // A priority comes before the block; no server pads.
      int skipped = type == Http2Bytes.HEADERS && (flags & PRIORITY) != 0 ? 5 : 0;
      block.write(payload, skipped, payload.length - skipped);
      if ((flags & Http2Bytes.END_HEADERS) == 0) {
        return;
      }
      var bytes = Unpooled.wrappedBuffer(block.toByteArray());
      block.reset();
      try {
        hpack
            .decodeHeaders(stream, bytes)
            .forEach(
                field ->
                    of(stream).fields.put(field.getKey().toString(), field.getValue().toString()));
      } catch (Http2Exception broken) {
        throw new AssertionError("headers on stream " + stream, broken);
      }
    }
  }
}
