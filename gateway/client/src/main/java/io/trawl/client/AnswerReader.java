package io.trawl.client;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.trawl.workers.wire.GrpcMessages;
import io.trawl.workers.wire.GrpcOutcome;
import io.trawl.workers.wire.HeapBytes;
import java.io.IOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of a call, of which the last is the answer or holds it.
 *
 * @param <M> a message on the wire
 * @param <T> the answer
 */
final class AnswerReader<M extends MessageLite, T extends MessageLite> implements GrpcMessages {

  private final Parser<M> parser;
  private final Function<M, @Nullable T> answerIn;
  private @Nullable T answer;

  /**
   * @param answerIn the answer in a message, null for one that comes before
   */
  AnswerReader(Parser<M> parser, Function<M, @Nullable T> answerIn) {
    this.parser = parser;
    this.answerIn = answerIn;
  }

  @Override
  public @Nullable String take(HeapBytes bytes) {
    if (answer != null) {
      return "a message after the answer";
    }
    try {
      answer = answerIn.apply(parser.parseFrom(bytes.array(), bytes.offset(), bytes.length()));
      return null;
    } catch (IOException undecodable) {
      return "a message that is no protobuf: " + undecodable.getMessage();
    }
  }

  Outcome<T> outcome(GrpcOutcome ended) {
    return switch (ended) {
      case GrpcOutcome.NoAnswer none -> Refusals.of(none);
      case GrpcOutcome.Completed _ ->
          answer == null
              ? Refusals.of(new GrpcOutcome.Malformed("status OK without an answer"))
              : new Outcome.Answered<>(answer);
    };
  }
}
