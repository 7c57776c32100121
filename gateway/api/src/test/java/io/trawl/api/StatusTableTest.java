package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.api.call.CallEnding;
import io.trawl.api.call.StatusTable;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.SpaceId;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Callers program against statuses: each outcome has the one that retrieval.proto promises. */
class StatusTableTest {

  private static final Map<RetrievalOutcome, CallEnding> TABLE =
      Map.of(
          new RetrievalOutcome.Answered(
              new Retrieval("r", new SpaceId("s", 1), List.<ObjectiveRetrieval>of(), Map.of())),
          CallEnding.ANSWERED,
          RetrievalOutcome.Invalid.of("k", "is 0"),
          CallEnding.INVALID,
          new RetrievalOutcome.Shed("full", Duration.ofSeconds(1)),
          CallEnding.SHED,
          new RetrievalOutcome.Expired("search"),
          CallEnding.EXPIRED,
          new RetrievalOutcome.Cancelled(),
          CallEnding.CANCELLED,
          new RetrievalOutcome.EncodeFailed("no worker"),
          CallEnding.ENCODE_FAILED,
          new RetrievalOutcome.SearchFailed("Milvus took too long"),
          CallEnding.SEARCH_FAILED,
          new RetrievalOutcome.Failed(),
          CallEnding.FAILED);

  @Test
  void everyOutcomeHasItsEnding() {
    TABLE.forEach(
        (outcome, ending) -> {
          var reply = StatusTable.reply("r", outcome);
          assertEquals(ending, reply.ending());
          assertEquals("r", reply.requestId());
        });
  }

  @Test
  void theTableListsEveryOutcome() {
    Set<Class<?>> listed =
        TABLE.keySet().stream().map(Object::getClass).collect(Collectors.toSet());
    assertEquals(Set.of(RetrievalOutcome.class.getPermittedSubclasses()), listed);
  }

  @Test
  void everyEndingHasTheStatusesOfTheProto() {
    var table =
        Arrays.stream(CallEnding.values())
            .map(ending -> ending + " " + ending.httpStatus() + " " + ending.grpcStatus())
            .collect(Collectors.joining("\n"));
    assertEquals(
        """
        ANSWERED 200 0
        INVALID 400 3
        FORBIDDEN 403 7
        UNKNOWN_ITEM 404 5
        UNKNOWN_MODEL 404 5
        UNKNOWN_METHOD 404 12
        METHOD_NOT_ALLOWED 405 12
        NOT_ACTIVATED 409 9
        TOO_SLOW 408 4
        TOO_LARGE 413 8
        NOT_SERVED 415 12
        NOT_EXPECTED 417 12
        SHED 429 8
        CANCELLED 499 1
        FAILED 500 13
        ENCODE_FAILED 502 14
        SEARCH_FAILED 503 14
        EXPIRED 504 4\
        """,
        table);
    assertEquals("3", GrpcStatus.INVALID_ARGUMENT.toString());
  }
}
