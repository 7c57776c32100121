package io.trawl.workers.testkit.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A server with a port for HTTP and one for gRPC that gets bytes of any kind, and afterwards has to
 * be as if nothing had been.
 */
public abstract class ServerUnderFire implements AutoCloseable {

  /** How long anything that must come may take, on a busy machine. */
  protected static final Duration PATIENCE = Duration.ofSeconds(60);

  private final LogWatch log = LogWatch.start();
  private final TypedAnswers typed;
  private boolean failed;

  /**
   * @param typed what the server may answer
   */
  protected ServerUnderFire(TypedAnswers typed) {
    this.typed = typed;
  }

  public abstract int httpPort();

  public abstract int grpcPort();

  /**
   * Every path that takes a POST, with a JSON body that it takes; what matters most comes first.
   */
  public abstract Map<String, String> posts();

  /** The names of the calls over gRPC. */
  public abstract List<String> rpcs();

  /** The call over gRPC that matters most. */
  public abstract String mainRpc();

  /** The HTTP/2 path of a call. */
  public abstract String path(String rpc);

  /** A message that a call takes. */
  public abstract byte[] goodMessage(String rpc);

  /** Whether all is as before: good requests are answered and nothing is left of the bad ones. */
  public abstract void assertCalm();

  /** Ends the server. */
  protected abstract void end();

  /** What was logged as an error since the start. */
  protected List<String> errors() {
    return log.errors();
  }

  /** A body that the path takes. */
  public String goodBody(String path) {
    return Objects.requireNonNull(posts().get(path), path);
  }

  /** The path of {@link #posts} that matters most. */
  public String mainPath() {
    return posts().keySet().iterator().next();
  }

  public static byte[] post(String path, byte[] body) {
    return post(path, body, "");
  }

  /**
   * A whole request of HTTP/1.1.
   *
   * @param header one more, with its line's end; or empty
   */
  public static byte[] post(String path, byte[] body, String header) {
    var head =
        "POST "
            + path
            + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            + header
            + "content-length: "
            + body.length
            + "\r\nconnection: close\r\n\r\n";
    return Http2Bytes.join(head.getBytes(UTF_8), body);
  }

  /** The bytes of a whole connection over HTTP/2 that makes one call. */
  public byte[] session(String rpc, byte[] body) {
    return Http2Bytes.join(
        Http2Bytes.preface(),
        Http2Bytes.headers(1, false, Http2Bytes.grpcHead(path(rpc))),
        Http2Bytes.data(1, true, body));
  }

  public RawSocket connect(int port) {
    return RawSocket.open(port, PATIENCE);
  }

  /** Whether an attack was not answered as it must be. */
  public boolean failed() {
    return failed;
  }

  /**
   * Sends bytes of HTTP/1.1 and no more: what is answered must be typed, and the connection must
   * end.
   */
  public void typedHttp1(byte[] bytes) {
    failed = true;
    try (var socket = connect(httpPort())) {
      typed.http1(socket.send(bytes).halfClose().readToEnd());
    }
    failed = false;
  }

  /** The same to any port, over HTTP/2; what does not begin that way may be told so in HTTP/1.1. */
  public void typedHttp2(int port, byte[] bytes) {
    failed = true;
    try (var socket = connect(port)) {
      var received = socket.send(bytes).halfClose().readToEnd();
      // A first frame is short, so its length begins with 0; all else has to be HTTP/1.1.
      if (received.length > 3 && received[0] == 0) {
        typed.http2(received);
      } else {
        typed.http1(received);
      }
    }
    failed = false;
  }

  /** Sends a whole request of HTTP/1.1: it must be answered, typed and whole. */
  public int answeredHttp1(byte[] request) {
    failed = true;
    try (var socket = connect(httpPort())) {
      int status = typed.oneHttp1(socket.send(request).readToEnd()).status();
      failed = false;
      return status;
    }
  }

  /** Sends a whole call on stream 1: it must be answered, typed and whole. */
  public Http2Answers.Stream answeredGrpc(byte[] session) {
    failed = true;
    try (var socket = connect(grpcPort())) {
      var received = socket.send(session).awaitUntil(bytes -> Http2Answers.parse(bytes).over(1));
      var stream = typed.http2(received).streams().get(1);
      if (stream == null || stream.field("grpc-status").isEmpty()) {
        throw new AssertionError("no grpc-status: " + stream);
      }
      failed = false;
      return stream;
    }
  }

  @Override
  public final void close() {
    log.close();
    end();
  }
}
