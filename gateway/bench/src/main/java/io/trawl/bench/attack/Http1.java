package io.trawl.bench.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** Requests of HTTP/1.1 as bytes, one a connection. */
final class Http1 {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private Http1() {}

  static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
  }

  /** A head that announces a body. */
  static String post(String path, Map<String, String> headers, long bodyBytes) {
    var head = new StringBuilder("POST " + path + " HTTP/1.1\r\n");
    if (!headers.containsKey("host")) {
      head.append("host: 127.0.0.1\r\n");
    }
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    return head.append("content-length: ").append(bodyBytes).append("\r\n\r\n").toString();
  }

  static byte[] whole(String path, Map<String, String> headers, byte[] body) {
    var all = new ByteArrayOutputStream();
    all.writeBytes(post(path, headers, body.length).getBytes(UTF_8));
    all.writeBytes(body);
    return all.toByteArray();
  }

  /** The status of a GET; 0 where no answer comes. */
  static int status(int port, String path) {
    return status(port, get(path).getBytes(UTF_8), PATIENCE);
  }

  /** The status that some bytes get; 0 where no answer comes. */
  static int status(int port, byte[] request, Duration patience) {
    try (var peer = Peer.open(port)) {
      return peer.send(request).awaitStatus(patience);
    } catch (IOException _) {
      return 0;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  static boolean isReady(int adminPort) {
    return status(adminPort, "/health/ready") == 200;
  }

  /** How many bytes a GET brings until the other side is silent for a moment. */
  static long bytesOf(int port, String path) throws IOException, InterruptedException {
    try (var peer = Peer.open(port)) {
      peer.send("GET " + path + " HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
      peer.awaitEnd(Duration.ofSeconds(10));
      return peer.receivedBytes();
    }
  }

  /** A metric without labels on a page of metrics; NaN where it is not there. */
  static double metric(int port, String name) throws IOException, InterruptedException {
    var page = URI.create("http://127.0.0.1:" + port + "/metrics");
    try (var client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
          .findFirst()
          .orElse(Double.NaN);
    }
  }

  static byte[] gzip(byte[] plain) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }
}
