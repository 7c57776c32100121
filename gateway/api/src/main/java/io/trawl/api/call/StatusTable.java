package io.trawl.api.call;

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

/** From the pipeline's outcome to the reply; {@link CallEnding} has the statuses. */
public final class StatusTable {

  private StatusTable() {}

  public static CallReply reply(String requestId, RetrievalOutcome outcome) {
    return reply(requestId, outcome, Answers::retrieval);
  }

  static CallReply searchReply(String requestId, RetrievalOutcome outcome) {
    return reply(requestId, outcome, Answers::search);
  }

  private static CallReply reply(
      String requestId, RetrievalOutcome outcome, Function<Retrieval, Message> answer) {
    return switch (outcome) {
      case Answered(var retrieval) -> new CallReply.Answer(requestId, answer.apply(retrieval));
      case Invalid(var violations) -> CallReply.Refusal.invalid(requestId, violations);
      case Shed(var why, var retryAfter) -> CallReply.Refusal.shed(requestId, why, retryAfter);
      case Expired(var during) ->
          CallReply.Refusal.of(requestId, CallEnding.EXPIRED, "during " + during);
      case Cancelled() -> CallReply.Refusal.of(requestId, CallEnding.CANCELLED, "");
      case EncodeFailed(var why) -> CallReply.Refusal.of(requestId, CallEnding.ENCODE_FAILED, why);
      case SearchFailed(var why) -> CallReply.Refusal.of(requestId, CallEnding.SEARCH_FAILED, why);
      case Failed() ->
          CallReply.Refusal.of(
              requestId, CallEnding.FAILED, "the gateway's log has more under this request's id");
    };
  }
}
