package io.trawl.workers.testkit.attack;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * One answer of a server over HTTP/1.1, read from its bytes.
 *
 * @param fields the header, names in lower case
 * @param whole whether all of the body came before the connection ended
 */
public record Http1Answer(int status, Map<String, String> fields, byte[] body, boolean whole) {

  /** A version that no server knows is told back by Vert.x, with status 400 or 501. */
  private static final Pattern STATUS_LINE =
      Pattern.compile(
          "(?:HTTP/1\\.[01]|.+(?= (?:400|501) )) ([1-5]\\d\\d)(?: .*)?", Pattern.DOTALL);

  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** Empty where none came. */
  public String field(String name) {
    return fields.getOrDefault(name, "");
  }

  /**
   * All answers of a connection that has ended, those with status 1xx left out. Bytes that are no
   * HTTP are an {@link AssertionError}.
   */
  public static List<Http1Answer> parse(byte[] bytes) {
    List<Http1Answer> answers = new ArrayList<>();
    int at = 0;
    while (at < bytes.length) {
      int headEnd = find(bytes, at, "\r\n\r\n");
      if (headEnd < 0) {
        break;
      }
      var lines = new String(bytes, at, headEnd - at, StandardCharsets.UTF_8).split("\r\n");
      var statusLine = STATUS_LINE.matcher(lines[0]);
      if (!statusLine.matches()) {
        throw new AssertionError("no status line: " + lines[0]);
      }
      int status = Integer.parseInt(statusLine.group(1));
      var fields = fields(lines);
      var body = new Body(bytes, headEnd + 4);
      if (fields.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
        body.chunks();
      } else if (fields.containsKey("content-length")) {
        body.take(Integer.parseInt(fields.get("content-length")));
      } else if (status >= 200 && status != 204 && status != 304) {
        body.take(bytes.length - body.at);
      }
      at = body.at;
      if (status >= 200) {
        answers.add(new Http1Answer(status, fields, body.bytes.toByteArray(), body.whole));
      }
    }
    return answers;
  }

  private static Map<String, String> fields(String[] lines) {
    Map<String, String> fields = new TreeMap<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon < 1) {
        throw new AssertionError("no header field: " + lines[i]);
      }
      fields.put(
          lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
          lines[i].substring(colon + 1).strip());
    }
    return fields;
  }

  private static int find(byte[] bytes, int from, String what) {
    for (int i = from; i + what.length() <= bytes.length; i++) {
      int same = 0;
      while (same < what.length() && bytes[i + same] == what.charAt(same)) {
        same++;
      }
      if (same == what.length()) {
        return i;
      }
    }
    return -1;
  }

  private static final class Body {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final byte[] from;
    int at;
    boolean whole = true;

    Body(byte[] from, int at) {
      this.from = from;
      this.at = at;
    }

    void take(int length) {
      int there = Math.min(length, from.length - at);
      bytes.write(from, at, there);
      at += there;
      whole &= there == length;
    }

    void chunks() {
      while (true) {
        int lineEnd = find(from, at, "\r\n");
        if (lineEnd < 0) {
          whole = false;
          at = from.length;
          return;
        }
        int size =
            Integer.parseInt(new String(from, at, lineEnd - at, StandardCharsets.US_ASCII), 16);
        at = lineEnd + 2;
        take(size);
        at = Math.min(from.length, at + 2);
        if (size == 0 || !whole) {
          return;
        }
      }
    }
  }
}
