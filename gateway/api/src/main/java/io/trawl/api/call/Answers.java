package io.trawl.api.call;

import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.Value;
import io.trawl.api.v1.Degradation;
import io.trawl.api.v1.FieldError;
import io.trawl.api.v1.GetItemResponse;
import io.trawl.api.v1.LegPlace;
import io.trawl.api.v1.ListObjectivesResponse;
import io.trawl.api.v1.MergedList;
import io.trawl.api.v1.RankedList;
import io.trawl.api.v1.Refusal;
import io.trawl.api.v1.RetrieveBatchResponse;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.api.v1.RetrieveUpdate;
import io.trawl.api.v1.SearchResponse;
import io.trawl.api.v1.Space;
import io.trawl.api.v1.Span;
import io.trawl.api.v1.Why;
import io.trawl.domain.Filter;
import io.trawl.domain.Item;
import io.trawl.domain.Leg;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.Retrieval;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Stage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The domain's answers as messages of the API. */
public final class Answers {

  private Answers() {}

  static RetrieveResponse retrieval(Retrieval retrieval) {
    var response =
        RetrieveResponse.newBuilder()
            .setRequestId(retrieval.requestId())
            .setSpace(space(retrieval.space()));
    var merged = retrieval.merged();
    retrieval.lists().forEach(list -> response.addLists(list(list, merged == null)));
    if (merged != null) {
      response.setMerged(merged(merged));
    }
    response.putAllStageMicros(stageMicros(retrieval));
    retrieval.spans().forEach(span -> response.addSpans(span(span)));
    return response.build();
  }

  static SearchResponse search(Retrieval retrieval) {
    var response =
        SearchResponse.newBuilder()
            .setRequestId(retrieval.requestId())
            .setSpace(space(retrieval.space()))
            .setList(list(retrieval.lists().getFirst(), true))
            .addAllSkipped(retrieval.skipped())
            .putAllStageMicros(stageMicros(retrieval));
    retrieval.spans().forEach(span -> response.addSpans(span(span)));
    return response.build();
  }

  /**
   * @param objective its place among those asked
   */
  static RetrieveUpdate update(ObjectiveRetrieval list, int objective) {
    return RetrieveUpdate.newBuilder()
        .setList(list(list, true))
        .setObjectiveIndex(objective)
        .build();
  }

  static RetrieveUpdate lastUpdate(Message answer) {
    return RetrieveUpdate.newBuilder().setAnswer((RetrieveResponse) answer).build();
  }

  static RetrieveBatchResponse batch(
      String requestId, List<CallReply> replies, long neighboursAsked, long neighboursFetched) {
    var response =
        RetrieveBatchResponse.newBuilder()
            .setRequestId(requestId)
            .setNeighboursAsked(neighboursAsked)
            .setNeighboursFetched(neighboursFetched);
    for (var reply : replies) {
      var result = response.addResultsBuilder();
      switch (reply) {
        case CallReply.Answer(_, var answer) -> result.setAnswer((RetrieveResponse) answer);
        case CallReply.Refusal refusal -> result.setRefusal(refusal(refusal));
      }
    }
    return response.build();
  }

  private static Refusal refusal(CallReply.Refusal from) {
    var refusal =
        Refusal.newBuilder()
            .setRequestId(from.requestId())
            .setStatus(from.ending().grpcStatus().name())
            .setHttpStatus(from.ending().httpStatus())
            .setDetail(from.detail().isEmpty() ? from.ending().title() : from.detail());
    for (var violation : from.violations()) {
      refusal.addErrors(
          FieldError.newBuilder().setField(violation.field()).setWhy(violation.why()));
    }
    var retryAfter = from.retryAfter();
    if (retryAfter != null) {
      refusal.setRetryAfterMs(retryAfter.toMillis());
    }
    return refusal.build();
  }

  private static Map<String, Long> stageMicros(Retrieval retrieval) {
    Map<String, Long> micros = new LinkedHashMap<>();
    for (var stage : Stage.values()) {
      var nanos = retrieval.stageNanos().get(stage);
      if (nanos != null) {
        micros.put(stage.label(), nanos / 1000);
      }
    }
    return micros;
  }

  private static Span span(io.trawl.domain.Span from) {
    return Span.newBuilder()
        .setName(from.name())
        .setObjective(from.objective())
        .setStartMicros(from.startNanos() / 1000)
        .setMicros(from.nanos() / 1000)
        .build();
  }

  private static MergedList merged(io.trawl.domain.MergedList from) {
    var merged = MergedList.newBuilder();
    for (var item : from.items()) {
      var to =
          merged
              .addItemsBuilder()
              .setId(item.id())
              .setTitle(item.title())
              .setScore(item.score())
              .setObjective(item.objective());
      for (var place : item.places()) {
        var at =
            to.addPlacesBuilder()
                .setObjective(place.objective())
                .setPlace(place.place())
                .setScore(place.score());
        if (place.why() != null) {
          at.setWhy(why(place.why()));
        }
      }
    }
    from.degradations().forEach(one -> merged.addDegradations(degradation(one)));
    return merged.build();
  }

  private static Why why(io.trawl.domain.Why from) {
    var why = Why.newBuilder();
    var found = from.found();
    if (found != null) {
      why.setQueryVector(found.queryVector()).setRound(found.round());
      if (found.neighbourOf() != null) {
        why.setNeighbourOf(found.neighbourOf());
      }
    }
    var legs = from.legs();
    if (legs != null && legs.dense() != null) {
      why.setDense(at(legs.dense()));
    }
    if (legs != null && legs.lexical() != null) {
      why.setLexical(at(legs.lexical()));
    }
    return why.build();
  }

  private static LegPlace at(io.trawl.domain.Why.At from) {
    return LegPlace.newBuilder().setPlace(from.place()).setScore(from.score()).build();
  }

  private static Degradation degradation(io.trawl.domain.Degradation from) {
    return Degradation.newBuilder().setKind(label(from.kind())).setDetail(from.detail()).build();
  }

  /**
   * @param withItems false where they are given elsewhere
   */
  static RankedList list(ObjectiveRetrieval from, boolean withItems) {
    var list =
        RankedList.newBuilder()
            .setObjective(from.objective())
            .setEngine(from.search().engine())
            .setSeed(from.search().seed())
            .setRounds(from.search().rounds())
            .setItemsScored(from.search().itemsScored())
            .setBytesRead(from.search().bytesRead())
            .setBehavioursSkipped(from.behavioursSkipped());
    var certificate = from.remarks().certificate();
    if (certificate != null) {
      list.setCertificate(certificate.label());
    }
    var rules = from.remarks().rules();
    if (rules != null) {
      list.setRules(rules);
    }
    var legs = from.remarks().legs();
    if (!legs.isEmpty()) {
      list.setLegs(legs.stream().map(Leg::label).collect(Collectors.joining("+")));
    }
    for (var item : withItems ? from.items() : List.<io.trawl.domain.RankedItem>of()) {
      var to =
          list.addItemsBuilder().setId(item.id()).setTitle(item.title()).setScore(item.score());
      if (item.why() != null) {
        to.setWhy(why(item.why()));
      }
    }
    from.degradations().forEach(one -> list.addDegradations(degradation(one)));
    for (var round : from.trace()) {
      list.addTraceBuilder()
          .setRound(round.round())
          .setExpanded(round.expanded())
          .setListed(round.listed())
          .setItemsScored(round.itemsScored())
          .setFound(round.found())
          .setMicros(round.nanos() / 1000);
    }
    return list.build();
  }

  static ListObjectivesResponse objectives(
      SpaceId space, List<io.trawl.domain.Objective> objectives) {
    var response = ListObjectivesResponse.newBuilder().setSpace(space(space));
    for (var from : objectives) {
      var objective =
          response
              .addObjectivesBuilder()
              .setName(from.name())
              .setTitle(from.title())
              .setText(label(from.text()))
              .setTailOnly(from.rules().tailOnly())
              .setLexical(from.rules().lexical())
              .setExtrapolated(from.extrapolated());
      var category = from.rules().categoryOfHistory();
      if (category != null) {
        objective.setLeaveOutCategoriesOfHistory(category);
      }
    }
    return response.build();
  }

  static GetItemResponse item(SpaceId space, Item item) {
    var message = io.trawl.api.v1.Item.newBuilder().setId(item.id()).setTitle(item.title());
    item.attributes().keySet().stream()
        .sorted()
        .forEach(
            name ->
                message.putAttributes(
                    name, values(item.attributes().getOrDefault(name, List.of()))));
    return GetItemResponse.newBuilder().setSpace(space(space)).setItem(message).build();
  }

  private static ListValue values(List<Filter.Value> from) {
    var values = ListValue.newBuilder();
    from.forEach(value -> values.addValues(value(value)));
    return values.build();
  }

  private static Value value(Filter.Value from) {
    return switch (from) {
      case Filter.Text(var text) -> Value.newBuilder().setStringValue(text).build();
      case Filter.Number(var number) -> Value.newBuilder().setNumberValue(number).build();
      case Filter.Flag(var flag) -> Value.newBuilder().setBoolValue(flag).build();
    };
  }

  public static Space space(SpaceId id) {
    return Space.newBuilder().setName(id.name()).setVersion(id.version()).build();
  }

  private static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
