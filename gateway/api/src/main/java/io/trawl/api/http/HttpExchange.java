package io.trawl.api.http;

import com.google.protobuf.Message;
import io.trawl.api.call.CallEnding;
import io.trawl.api.call.CallExchange;
import io.trawl.api.call.CallReply;
import io.trawl.api.call.Edge;
import io.trawl.api.check.RequestIds;
import io.trawl.api.codec.JsonEncoder;
import io.trawl.api.v1.RetrieveUpdate;
import io.trawl.workers.wire.ContentCoding;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A request over HTTP/1.1 or h2c. */
public final class HttpExchange extends CallExchange {

  /** How much of a body that is too large is thrown away before the connection is cut. */
  private static final int DISCARDED_BODIES = 16;

  public static final String JSON = "application/json";
  public static final String EVENTS = "text/event-stream";
  public static final String PLAIN_TEXT = "text/plain; charset=utf-8";

  /** Below it, packing an answer saves no packet and costs time all the same. */
  static final int MIN_ZIPPED_BYTES = 1024;

  private static final int NO_CONTENT = 204;

  /** Of HTTP/2: the answer is complete, and no more of the request is wanted. */
  private static final long NO_ERROR = 0;

  private final Cors cors;
  private final HttpServerRequest request;

  /** Null where our own API answers: JSON of its messages, events, and problem documents. */
  private final @Nullable HttpForm form;

  private final Buffer body = Buffer.buffer();
  private long receivedBytes;
  private @Nullable Handler<byte[]> then;
  private boolean stream;
  private boolean last;
  private @Nullable ContentCoding coding;

  /**
   * @param form null where our own API answers
   */
  public HttpExchange(
      Edge edge, Cors cors, HttpServerRequest request, String protocol, @Nullable HttpForm form) {
    super(edge, protocol, request.connection());
    this.cors = cors;
    this.request = request;
    this.form = form;
    request.exceptionHandler(_ -> gone());
    request.response().exceptionHandler(_ -> gone());
    request.response().closeHandler(_ -> gone());
    request.handler(this::collect);
    request.endHandler(_ -> arrived());
    guard(
        () -> {
          awaitBody();
          cors.decorate(request);
          identify(request.getHeader(RequestIds.HEADER));
        });
  }

  /**
   * Hands the body on once it is there, JSON where it is our own API's, if there is room for the
   * work that it asks for; without this call a body is thrown away.
   */
  public void receive(Handler<byte[]> next) {
    if (form == null && !isJson(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
      refuse(CallEnding.NOT_SERVED, "expected content-type application/json in UTF-8");
    } else if (!knowsEncoding(request.headers().getAll(HttpHeaders.CONTENT_ENCODING))) {
      request.response().putHeader(HttpHeaders.ACCEPT_ENCODING, ContentCoding.ACCEPTED);
      refuse(CallEnding.NOT_SERVED, "expected content-encoding gzip, deflate, or none");
    } else if (declaredBytes() > edge.limits().messages().maxBodyBytes()) {
      refuseTooLarge();
    } else if (!expectsAtMostToContinue()) {
      refuse(CallEnding.NOT_EXPECTED, "expected 'expect' to be 100-continue or absent");
    } else if (admittedToWork()) {
      then = next;
      if (request.headers().contains(HttpHeaders.EXPECT)) {
        request.response().writeContinue();
      }
    }
  }

  private boolean expectsAtMostToContinue() {
    return request.headers().getAll(HttpHeaders.EXPECT).stream()
        .allMatch("100-continue"::equalsIgnoreCase);
  }

  /** A stream of events. */
  @Override
  protected void stream() {
    stream = true;
    request.response().drainHandler(_ -> writeWaiting());
  }

  @Override
  protected boolean writable() {
    return !request.response().writeQueueFull();
  }

  @Override
  protected void writeUpdate(String requestId, Message update) {
    if (!request.response().headWritten()) {
      request.response().putHeader(RequestIds.HEADER, requestId);
    }
    request.response().write(event((RetrieveUpdate) update));
  }

  private Buffer event(RetrieveUpdate update) {
    return update.hasList()
        ? event("list", JsonEncoder.encode(update))
        : event("answer", JsonEncoder.encode(update));
  }

  /** JSON has no line breaks of its own, so one line of data holds it. */
  private Buffer event(String name, Buffer json) {
    var response = request.response();
    if (!response.headWritten()) {
      // Proxies that gather small writes would turn the stream into one late answer.
      response
          .putHeader(HttpHeaders.CONTENT_TYPE, EVENTS)
          .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
          .putHeader("x-accel-buffering", "no")
          .setChunked(true);
    }
    return Buffer.buffer(json.length() + 32)
        .appendString("event: " + name + "\ndata: ")
        .appendBuffer(json)
        .appendString("\n\n");
  }

  private void collect(Buffer chunk) {
    receivedBytes += chunk.length();
    if (receivedBytes > (long) DISCARDED_BODIES * edge.limits().messages().maxBodyBytes()) {
      cutOff();
    } else if (receivedBytes > edge.limits().messages().maxBodyBytes()) {
      refuseTooLarge();
    } else if (then != null && !ended()) {
      body.appendBuffer(chunk);
    }
  }

  private void arrived() {
    bodyArrived(receivedBytes);
    var next = then;
    if (next != null && !ended()) {
      guard(
          () -> {
            var bytes = coding == null ? body.getBytes() : unpacked(coding, body.getBytes());
            if (bytes != null) {
              next.handle(bytes);
            }
          });
    }
  }

  /** Answers with something that is no message of the API. */
  void answer(HttpDocument document) {
    finish(
        CallEnding.ANSWERED,
        0,
        () -> {
          putHead(CallEnding.ANSWERED.httpStatus(), requestId());
          request.response().putHeader(HttpHeaders.CONTENT_TYPE, document.contentType());
          return end(HeapBytes.wrap(document.bytes()));
        });
  }

  /** Answers a browser that asks which methods a page may use here. */
  void allow(String methods) {
    finish(
        CallEnding.ANSWERED,
        0,
        () -> {
          putHead(NO_CONTENT, requestId());
          cors.allow(request, methods);
          return written(request.response().end(), 0);
        });
  }

  private void putHead(int status, String requestId) {
    request.response().setStatusCode(status).putHeader(RequestIds.HEADER, requestId);
    last = edge.connections().closing(request.connection());
    if (last) {
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
  }

  /** Writes a whole answer, packed where the caller takes that and it pays. */
  private Written end(Buffer plain) {
    var response = request.response();
    var bytes = plain;
    if (plain.length() >= MIN_ZIPPED_BYTES) {
      response.headers().add(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
      if (AcceptEncoding.allowsGzip(request.getHeader(HttpHeaders.ACCEPT_ENCODING))) {
        response.putHeader(HttpHeaders.CONTENT_ENCODING, ContentCoding.GZIP.label());
        bytes = HeapBytes.wrap(ContentCoding.gzip(plain.getBytes()));
      }
    }
    return written(response.end(bytes), bytes.length());
  }

  /** The connection closes with an answer that has said so, and not before it is taken. */
  private Written written(Future<Void> taken, long bytes) {
    if (last) {
      taken.onComplete(_ -> request.connection().close());
    }
    return new Written(taken, bytes);
  }

  @Override
  protected Written write(CallReply reply) {
    var response = request.response();
    boolean begun = response.headWritten();
    if (form != null) {
      var page = form.write(reply);
      putHead(page.status(), reply.requestId());
      page.headers().forEach(response::putHeader);
      return end(page.body());
    }
    if (!begun) {
      putHead(reply.ending().httpStatus(), reply.requestId());
    }
    return switch (reply) {
      case CallReply.Answer(_, RetrieveUpdate update) when stream -> endEvents(event(update));
      case CallReply.Refusal refusal when begun ->
          endEvents(event("error", ProblemDetails.encode(refusal)));
      case CallReply.Answer(_, var message) -> {
        response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
        yield end(JsonEncoder.encode(message));
      }
      case CallReply.Refusal refusal -> {
        response.putHeader(HttpHeaders.CONTENT_TYPE, ProblemDetails.CONTENT_TYPE);
        if (refusal.retryAfter() != null) {
          response.putHeader(
              HttpHeaders.RETRY_AFTER, ProblemDetails.retryAfterSeconds(refusal.retryAfter()));
        }
        yield end(ProblemDetails.encode(refusal));
      }
    };
  }

  /** Events leave as they are made: a packer would hold them back until it has enough. */
  private Written endEvents(Buffer update) {
    return written(request.response().end(update), update.length());
  }

  @Override
  protected void cutOff() {
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset(NO_ERROR);
    } else {
      request.connection().close();
    }
  }

  private long declaredBytes() {
    var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException odd) {
      return Long.MAX_VALUE;
    }
  }

  /** Whether a header {@code content-type} says JSON in UTF-8. */
  public static boolean isJson(@Nullable String contentType) {
    if (contentType == null) {
      return false;
    }
    var parts = contentType.toLowerCase(Locale.ROOT).split(";", -1);
    if (!parts[0].strip().equals("application/json")) {
      return false;
    }
    for (int i = 1; i < parts.length; i++) {
      var parameter = parts[i].strip().replace("\"", "");
      if (parameter.startsWith("charset=") && !parameter.equals("charset=utf-8")) {
        return false;
      }
    }
    return true;
  }

  /** A header that is given twice is a list, as one with a comma is: more than one coding. */
  private boolean knowsEncoding(List<String> given) {
    var encoding = String.join(", ", given);
    if (encoding.isEmpty() || encoding.equalsIgnoreCase("identity")) {
      return true;
    }
    coding = ContentCoding.named(encoding).orElse(null);
    return coding != null;
  }
}
