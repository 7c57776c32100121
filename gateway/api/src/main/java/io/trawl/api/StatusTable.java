package io.trawl.api;

import com.google.protobuf.Message;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalOutcome.Answered;
import io.trawl.domain.RetrievalOutcome.Cancelled;
import io.trawl.domain.RetrievalOutcome.EncodeFailed;
import io.trawl.domain.RetrievalOutcome.Expired;
import io.trawl.domain.RetrievalOutcome.Failed;
import io.trawl.domain.RetrievalOutcome.Invalid;
import io.trawl.domain.RetrievalOutcome.SearchFailed;
import io.trawl.domain.RetrievalOutcome.Shed;
import java.util.function.Function;

/** From the pipeline's outcome to the reply; {@link Ending} has the statuses. */
final class StatusTable {

  private StatusTable() {}

  static Reply reply(String requestId, RetrievalOutcome outcome) {
    return reply(requestId, outcome, Answers::retrieval);
  }

  static Reply searchReply(String requestId, RetrievalOutcome outcome) {
    return reply(requestId, outcome, Answers::search);
  }

  private static Reply reply(
      String requestId, RetrievalOutcome outcome, Function<Retrieval, Message> answer) {
    return switch (outcome) {
      case Answered(var retrieval) -> new Reply.Answer(requestId, answer.apply(retrieval));
      case Invalid(var violations) -> Reply.Refusal.invalid(requestId, violations);
      case Shed(var why, var retryAfter) -> Reply.Refusal.shed(requestId, why, retryAfter);
      case Expired(var during) -> Reply.Refusal.of(requestId, Ending.EXPIRED, "during " + during);
      case Cancelled() -> Reply.Refusal.of(requestId, Ending.CANCELLED, "");
      case EncodeFailed(var why) -> Reply.Refusal.of(requestId, Ending.ENCODE_FAILED, why);
      case SearchFailed(var why) -> Reply.Refusal.of(requestId, Ending.SEARCH_FAILED, why);
      case Failed() ->
          Reply.Refusal.of(
              requestId, Ending.FAILED, "the gateway's log has more under this request's id");
    };
  }
}
