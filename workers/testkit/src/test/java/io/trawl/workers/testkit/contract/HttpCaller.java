package io.trawl.workers.testkit.contract;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.OptionalInt;

/** Calls the HTTP twins with the JDK's client. */
final class HttpCaller implements AutoCloseable {

  private static final String HEADER_LENGTH = "Inference-Header-Content-Length";

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final OptionalInt port;

  HttpCaller(OptionalInt port) {
    this.port = port;
  }

  /** What came back. */
  record Reply(int status, HttpHeaders headers, Buffer body) {

    JsonObject json() {
      return new JsonObject(body);
    }

    /** Triton's one form of an error. */
    String error() {
      return String.valueOf(json().getString("error"));
    }

    /** The JSON in front of binary tensors. */
    JsonObject header() {
      return new JsonObject(body.getBuffer(0, headerBytes()));
    }

    /** The binary tensors behind the JSON. */
    Buffer binary() {
      return body.getBuffer(headerBytes(), body.length());
    }

    private int headerBytes() {
      return Math.toIntExact(headers.firstValueAsLong(HEADER_LENGTH).orElse(body.length()));
    }
  }

  Reply get(String path) {
    return send(port.orElseThrow(), path, HttpRequest.newBuilder().GET());
  }

  Reply get(int otherPort, String path) {
    return send(otherPort, path, HttpRequest.newBuilder().GET());
  }

  Reply post(String path, JsonObject body) {
    return send(
        port.orElseThrow(),
        path,
        HttpRequest.newBuilder().POST(BodyPublishers.ofByteArray(body.toBuffer().getBytes())));
  }

  /** A JSON header with binary tensors behind it. */
  Reply post(String path, JsonObject header, byte[] binary) {
    Buffer json = header.toBuffer();
    return send(
        port.orElseThrow(),
        path,
        HttpRequest.newBuilder()
            .header(HEADER_LENGTH, Integer.toString(json.length()))
            .POST(BodyPublishers.ofByteArray(json.copy().appendBytes(binary).getBytes())));
  }

  private Reply send(int to, String path, HttpRequest.Builder request) {
    try {
      HttpResponse<byte[]> response =
          client.send(
              request
                  .uri(URI.create("http://127.0.0.1:" + to + path))
                  .timeout(Duration.ofSeconds(OipCaller.HANG_SECONDS))
                  .build(),
              BodyHandlers.ofByteArray());
      return new Reply(response.statusCode(), response.headers(), Buffer.buffer(response.body()));
    } catch (IOException broken) {
      throw new AssertionError(path + " could not be asked", broken);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
