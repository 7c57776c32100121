package io.trawl.workers.testkit.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Sessions of HTTP/2 that try to keep a server busy, or to make it keep what nobody reads. */
public final class Floods {

  private static final int MANY = 5_000;

  private Floods() {}

  /**
   * Sessions by name, preface included.
   *
   * @param path of a gRPC call
   * @param message that it takes
   */
  public static Map<String, byte[]> over(String path, byte[] message) {
    var head = Http2Bytes.grpcHead(path);
    var block = Http2Bytes.headerBlock(head);
    var framed = Http2Bytes.message(message);
    Map<String, byte[]> floods = new LinkedHashMap<>();
    floods.put(
        "continuations that never end",
        session(
            List.of(Http2Bytes.frame(Http2Bytes.HEADERS, 0, 1, block)),
            repeated(Http2Bytes.frame(Http2Bytes.CONTINUATION, 0, 1, new byte[0]))));
    floods.put(
        "a header without end",
        session(
            List.of(Http2Bytes.frame(Http2Bytes.HEADERS, 0, 1, block)),
            each(
                64,
                i -> Http2Bytes.frame(Http2Bytes.CONTINUATION, i == 63 ? 4 : 0, 1, longField()))));
    floods.put("settings", session(repeated(Http2Bytes.setting(4, 70_000))));
    floods.put("pings", session(repeated(Http2Bytes.frame(Http2Bytes.PING, 0, 0, new byte[8]))));
    floods.put(
        "empty data",
        session(
            List.of(Http2Bytes.headers(1, false, head)),
            repeated(Http2Bytes.data(1, false, new byte[0]))));
    floods.put(
        "streams opened and reset",
        session(
            each(
                MANY,
                i ->
                    Http2Bytes.join(
                        Http2Bytes.headers(2 * i + 1, false, head),
                        Http2Bytes.reset(2 * i + 1, 8)))));
    floods.put(
        "whole calls taken back",
        session(
            each(
                MANY / 5,
                i ->
                    Http2Bytes.join(
                        call(2 * i + 1, head, framed), Http2Bytes.reset(2 * i + 1, 8)))));
    floods.put(
        "calls whose answers have no window",
        session(
            List.of(Http2Bytes.setting(Http2Bytes.INITIAL_WINDOW_SIZE, 0)),
            each(MANY / 5, i -> call(2 * i + 1, head, framed))));
    floods.put(
        "more streams than allowed",
        session(each(MANY, i -> Http2Bytes.headers(2 * i + 1, false, head))));
    floods.put(
        "windows that overflow",
        session(
            List.of(call(1, head, framed)),
            repeated(Http2Bytes.windowUpdate(0, Integer.MAX_VALUE))));
    floods.put(
        "calls after a farewell",
        session(
            List.of(Http2Bytes.frame(Http2Bytes.GOAWAY, 0, 0, new byte[8])),
            each(100, i -> call(2 * i + 1, head, framed))));
    floods.put(
        "an upgrade of nothing",
        session(List.of(Http2Bytes.frame(Http2Bytes.PUSH_PROMISE, 4, 1, new byte[8]))));
    return floods;
  }

  private static byte[] longField() {
    var field = new byte[16_000];
    Arrays.fill(field, (byte) 'a');
    // A literal of 15,997 bytes would need a name and a value; what matters is that it is long.
    field[0] = 0;
    return field;
  }

  private static byte[] call(int stream, Map<String, String> head, byte[] framed) {
    return Http2Bytes.join(
        Http2Bytes.headers(stream, false, head), Http2Bytes.data(stream, true, framed));
  }

  private static List<byte[]> repeated(byte[] frame) {
    return Collections.nCopies(MANY, frame);
  }

  private static List<byte[]> each(int count, IntFunction<byte[]> frame) {
    return IntStream.range(0, count).mapToObj(frame).toList();
  }

  @SafeVarargs
  private static byte[] session(List<byte[]>... parts) {
    List<byte[]> all = new ArrayList<>(List.of(Http2Bytes.preface()));
    for (var part : parts) {
      all.addAll(part);
    }
    return Http2Bytes.join(all);
  }
}
