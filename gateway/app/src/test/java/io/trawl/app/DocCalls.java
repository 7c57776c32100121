package io.trawl.app;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.trawl.api.rpc.BadRequest;
import io.trawl.api.rpc.RequestInfo;
import io.trawl.api.rpc.RetryInfo;
import io.trawl.api.rpc.Status;
import io.trawl.api.v1.RetrievalProto;
import io.trawl.app.node.Ports;
import io.trawl.workers.protocol.HealthProto;
import io.trawl.workers.protocol.ReflectionProto;
import io.trawl.workers.protocol.ServerReflectionResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Does what curl and grpcurl do with the commands of the pages, and prints what they print. */
final class DocCalls implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final JsonFormat.Printer PROTO_JSON =
      JsonFormat.printer()
          .preservingProtoFieldNames()
          .usingTypeRegistry(
              JsonFormat.TypeRegistry.newBuilder()
                  .add(RequestInfo.getDescriptor())
                  .add(BadRequest.getDescriptor())
                  .add(RetryInfo.getDescriptor())
                  .build());

  /** The headers that pages show; the others are the server's own business. */
  private static final List<String> SHOWN =
      List.of("content-type", "content-encoding", "x-request-id", "retry-after", "allow");

  private final Vertx vertx;
  private final Map<String, Integer> ports;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final io.vertx.core.http.HttpClient h2;

  DocCalls(Vertx vertx, Ports ports) {
    this.vertx = vertx;
    this.ports = ports.byName();
    this.h2 =
        this.vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
  }

  @Override
  public void close() {
    http.close();
  }

  String answer(DocPage.Example example) {
    var words = example.words();
    var arguments = words.subList(1, words.size());
    return words.getFirst().equals("curl") ? curl(arguments) : grpcurl(arguments);
  }

  private int port(String usual) {
    return switch (usual) {
      case "8080" -> ports.getOrDefault("http", 0);
      case "9090" -> ports.getOrDefault("grpc", 0);
      case "9091" -> ports.getOrDefault("admin", 0);
      default -> throw new AssertionError("no port is usually " + usual);
    };
  }

  private String curl(List<String> arguments) {
    var request = HttpRequest.newBuilder().timeout(PATIENCE);
    var body = "";
    var method = "";
    boolean head = false;
    for (int i = 0; i < arguments.size(); i++) {
      switch (arguments.get(i)) {
        case "-s", "-sN" -> {}
        case "-si" -> head = true;
        case "-X" -> method = arguments.get(++i);
        case "-H" -> {
          var header = arguments.get(++i).split(": *", 2);
          request.header(header[0], header[1]);
        }
        case "-d" -> body = arguments.get(++i);
        default -> {
          var uri = URI.create(arguments.get(i));
          request.uri(
              URI.create(
                  arguments
                      .get(i)
                      .replace(
                          ":" + uri.getPort() + "/",
                          ":" + port(String.valueOf(uri.getPort())) + "/")));
        }
      }
    }
    if (method.isEmpty()) {
      method = body.isEmpty() ? "GET" : "POST";
    }
    request.method(
        method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    try {
      var response = http.send(request.build(), BodyHandlers.ofString());
      return (head ? head(response) : "") + DocJson.pretty(response.body());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(String.join(" ", arguments), e);
    }
  }

  private static String head(HttpResponse<String> response) {
    var head = new StringBuilder("HTTP/1.1 " + response.statusCode() + "\n");
    for (var name : SHOWN) {
      response.headers().firstValue(name).ifPresent(v -> head.append(name + ": " + v + "\n"));
    }
    return head.append("\n").toString();
  }

  private String grpcurl(List<String> arguments) {
    List<String> rest = new ArrayList<>();
    var json = "{}";
    var requestId = "";
    for (int i = 0; i < arguments.size(); i++) {
      switch (arguments.get(i)) {
        case "-plaintext" -> {}
        case "-H" -> requestId = arguments.get(++i).replaceFirst("^x-request-id: ", "");
        case "-d" -> json = arguments.get(++i);
        default -> rest.add(arguments.get(i));
      }
    }
    var port = port(rest.getFirst().split(":", -1)[1]);
    if (rest.get(1).equals("list")) {
      return list(port);
    }
    var name = rest.get(1).split("/", -1);
    var method =
        Stream.of(
                RetrievalProto.getDescriptor().getServices(),
                HealthProto.getDescriptor().getServices())
            .flatMap(List::stream)
            .filter(service -> service.getFullName().equals(name[0]))
            .findFirst()
            .map(service -> service.findMethodByName(name[1]))
            .orElseThrow(() -> new AssertionError(rest.get(1)));
    return call(port, method, json, requestId);
  }

  private String call(int port, MethodDescriptor method, String json, String requestId) {
    var message = DynamicMessage.newBuilder(method.getInputType());
    try {
      JsonFormat.parser().merge(json, message);
      var answered = send(port, method, message.build().toByteArray(), requestId);
      var text = new StringBuilder();
      for (var one : answered.messages()) {
        text.append(
            DocJson.pretty(PROTO_JSON.print(DynamicMessage.parseFrom(method.getOutputType(), one)))
                + "\n");
      }
      return (text + answered.error()).strip();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(json, e);
    }
  }

  private String list(int port) {
    ServiceDescriptor reflection =
        ReflectionProto.getDescriptor().findServiceByName("ServerReflection");
    var method = reflection.findMethodByName("ServerReflectionInfo");
    try {
      var request = DynamicMessage.newBuilder(method.getInputType());
      JsonFormat.parser().merge("{\"listServices\": \"*\"}", request);
      var answered = send(port, method, request.build().toByteArray(), "docs");
      var names = new ArrayList<String>();
      var services = ServerReflectionResponse.parseFrom(answered.messages().getFirst());
      services
          .getListServicesResponse()
          .getServiceList()
          .forEach(service -> names.add(service.getName()));
      return String.join("\n", names);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private Answered send(int port, MethodDescriptor method, byte[] message, String requestId) {
    var frame =
        ByteBuffer.allocate(5 + message.length).put((byte) 0).putInt(message.length).put(message);
    var path = "/" + method.getService().getFullName() + "/" + method.getName();
    return Running.await(
        h2.request(HttpMethod.POST, port, "127.0.0.1", path)
            .compose(
                request ->
                    named(request, requestId)
                        .putHeader("content-type", "application/grpc")
                        .putHeader("te", "trailers")
                        .send(Buffer.buffer(frame.array()))
                        .compose(
                            response -> response.body().map(body -> Answered.of(response, body)))),
        path);
  }

  private static HttpClientRequest named(HttpClientRequest request, String requestId) {
    return requestId.isEmpty() ? request : request.putHeader("x-request-id", requestId);
  }

  /** What came back of a call. */
  private record Answered(List<byte[]> messages, String error) {

    static Answered of(HttpClientResponse response, Buffer body) {
      List<byte[]> messages = new ArrayList<>();
      var left = ByteBuffer.wrap(body.getBytes());
      while (left.hasRemaining()) {
        left.get();
        var message = new byte[left.getInt()];
        left.get(message);
        messages.add(message);
      }
      var trailers =
          response.trailers().contains("grpc-status") ? response.trailers() : response.headers();
      var code = Integer.parseInt(trailers.get("grpc-status"));
      return new Answered(
          messages,
          code == 0
              ? ""
              : error(
                  code,
                  URLDecoder.decode(
                      trailers.get("grpc-message").replace("+", "%2B"), StandardCharsets.UTF_8),
                  trailers.get("grpc-status-details-bin")));
    }

    private static String error(int code, String message, String details) {
      var names = GrpcStatus.valueOf(code).name().split("_", -1);
      var text = new StringBuilder("ERROR:\n  Code: ");
      for (var name : names) {
        text.append(name.charAt(0)).append(name.substring(1).toLowerCase(Locale.ROOT));
      }
      text.append("\n  Message: ").append(message).append("\n  Details:");
      try {
        int number = 1;
        for (Any any : Status.parseFrom(Base64.getDecoder().decode(details)).getDetailsList()) {
          var lines = DocJson.expanded(PROTO_JSON.print(any)).lines().toList();
          text.append("\n  ").append(number++).append(")\t").append(lines.getFirst());
          lines.stream().skip(1).forEach(line -> text.append("\n    \t").append(line));
        }
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(details, e);
      }
      return text.toString();
    }
  }
}
