package io.trawl.bench.load;

import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A request as bytes, so that bad ones can be sent, recorded and sent again.
 *
 * @param kind its name
 * @param sent what goes out
 * @param expected the one ending that it must have, as {@link Wire} tells it
 * @param deadlineMillis that it asks for; 0 for none
 */
record LoadRequest(String kind, Sent sent, Manner manner, String expected, int deadlineMillis) {

  /** To which port. */
  enum Protocol {
    HTTP,
    GRPC
  }

  /** How it is sent. */
  enum Manner {
    WHOLE,
    /** In two halves, a second apart. */
    SLOW_BODY,
    /** All but its last byte. */
    STALLED_BODY,
    /** The caller goes as soon as it is out. */
    LEAVE,
    /** The caller goes with the first bytes of the answer. */
    LEAVE_AFTER_FIRST
  }

  /** What goes out, as it is. */
  record Sent(
      Protocol protocol, String method, String path, Map<String, String> headers, byte[] body) {

    Sent {
      headers = Map.copyOf(headers);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Sent that
          && protocol == that.protocol
          && method.equals(that.method)
          && path.equals(that.path)
          && headers.equals(that.headers)
          && Arrays.equals(body, that.body);
    }

    @Override
    public int hashCode() {
      return 31 * path.hashCode() + Arrays.hashCode(body);
    }
  }

  /** Whether it asks for an answer. */
  boolean good() {
    return isAnswer(expected);
  }

  /** Whether an ending is an answer. */
  static boolean isAnswer(String ending) {
    return ending.equals("200") || ending.equals("grpc 0");
  }

  /** One line of a recording. */
  String line(long atMicros) {
    return new JsonObject()
        .put("at_us", atMicros)
        .put("kind", kind)
        .put("protocol", sent.protocol().name())
        .put("method", sent.method())
        .put("path", sent.path())
        .put("headers", new JsonObject(Map.copyOf(sent.headers())))
        .put("body", Base64.getEncoder().encodeToString(sent.body()))
        .put("manner", manner.name())
        .put("expected", expected)
        .put("deadline_ms", deadlineMillis)
        .encode();
  }

  /** A line of a recording; throws what the JSON library or an enum throws on a wrong one. */
  static Recorded of(String line) {
    var json = new JsonObject(line);
    var headers = json.getJsonObject("headers");
    var request =
        new LoadRequest(
            json.getString("kind"),
            new Sent(
                Protocol.valueOf(json.getString("protocol")),
                json.getString("method"),
                json.getString("path"),
                headers.stream()
                    .collect(
                        Collectors.toMap(
                            Map.Entry::getKey, header -> header.getValue().toString())),
                Base64.getDecoder().decode(json.getString("body"))),
            Manner.valueOf(json.getString("manner")),
            json.getString("expected"),
            json.getInteger("deadline_ms"));
    return new Recorded(json.getLong("at_us"), request);
  }

  /** A request and when it began, from the beginning of its run. */
  record Recorded(long atMicros, LoadRequest request) {}
}
