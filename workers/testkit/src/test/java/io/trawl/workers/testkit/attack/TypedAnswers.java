package io.trawl.workers.testkit.attack;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What a server may answer to anything: over HTTP a status that its documents name, with a document
 * that says why; over gRPC a status that means something; or the end of the stream or connection.
 * Nothing may show its insides.
 *
 * @param statuses of HTTP
 * @param refusal whether a status of 400 and above comes with the right document
 */
public record TypedAnswers(Set<Integer> statuses, Predicate<Http1Answer> refusal) {

  private static final Pattern INSIDES =
      Pattern.compile(
          "\\bat [a-z]+(\\.\\w+)+\\(|\\b(io|java|com|org|ai)\\.[a-z]+\\.[\\w.$]*[A-Z]\\w+"
              + "|Exception|\\w+Error\\b|\\.java\\b");

  /** CANCELLED, INVALID_ARGUMENT and so on: all but UNKNOWN, INTERNAL and DATA_LOSS. */
  private static final Set<Integer> GRPC = Set.of(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16);

  /** Checks all answers of a connection; the last one may be cut off. */
  public int http1(byte[] received) {
    var answers = Http1Answer.parse(received);
    answers.forEach(this::check);
    return answers.size();
  }

  /** Checks an answer that is the only one of its connection, and whole. */
  public Http1Answer oneHttp1(byte[] received) {
    var answers = Http1Answer.parse(received);
    require(answers.size() == 1, "expected one answer, got " + answers.size(), received);
    require(answers.getFirst().whole(), "the answer was cut off", received);
    check(answers.getFirst());
    return answers.getFirst();
  }

  private void check(Http1Answer answer) {
    var body = answer.body();
    require(statuses.contains(answer.status()), "status " + answer.status(), body);
    hidesInsides(answer.text());
    if (answer.status() >= 400 && answer.whole()) {
      require(refusal.test(answer), "no document with status " + answer.status(), body);
    }
  }

  /** Checks what came on each stream of a connection. */
  public Http2Answers http2(byte[] received) {
    var answers = Http2Answers.parse(received);
    answers.streams().values().forEach(this::check);
    return answers;
  }

  private void check(Http2Answers.Stream stream) {
    hidesInsides(stream.fields().toString());
    var data = stream.data();
    hidesInsides(new String(data, StandardCharsets.ISO_8859_1));
    if (stream.field(":status").isEmpty() || !stream.over()) {
      return;
    }
    if (stream.field("content-type").startsWith("application/grpc")) {
      var status = stream.field("grpc-status");
      require(
          status.isEmpty() ? stream.reset() != null : GRPC.contains(Integer.parseInt(status)),
          "grpc-status " + status + " of " + stream.fields(),
          data);
    } else {
      check(
          new Http1Answer(
              Integer.parseInt(stream.field(":status")), stream.fields(), data, stream.ended()));
    }
  }

  private static void hidesInsides(String text) {
    var insides = INSIDES.matcher(text);
    if (insides.find()) {
      throw new AssertionError("shows " + insides.group() + ": " + text);
    }
  }

  private static void require(boolean holds, String otherwise, byte[] body) {
    if (!holds) {
      throw new AssertionError(otherwise + ": " + new String(body, StandardCharsets.UTF_8));
    }
  }
}
