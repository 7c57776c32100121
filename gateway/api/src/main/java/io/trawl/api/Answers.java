package io.trawl.api;

import com.google.protobuf.ListValue;
import com.google.protobuf.Value;
import io.trawl.api.v1.Degradation;
import io.trawl.api.v1.GetItemResponse;
import io.trawl.api.v1.ListObjectivesResponse;
import io.trawl.api.v1.Objective;
import io.trawl.api.v1.RankedItem;
import io.trawl.api.v1.RankedList;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.api.v1.Space;
import io.trawl.domain.Filter;
import io.trawl.domain.Item;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.Retrieval;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Stage;
import java.util.List;
import java.util.Locale;

/** The domain's answers as messages of the API. */
final class Answers {

  private Answers() {}

  static RetrieveResponse retrieval(Retrieval retrieval) {
    var response =
        RetrieveResponse.newBuilder()
            .setRequestId(retrieval.requestId())
            .setSpace(space(retrieval.space()));
    retrieval.lists().forEach(list -> response.addLists(list(list)));
    for (var stage : Stage.values()) {
      var nanos = retrieval.stageNanos().get(stage);
      if (nanos != null) {
        response.putStageMicros(stage.label(), nanos / 1000);
      }
    }
    return response.build();
  }

  private static RankedList list(ObjectiveRetrieval from) {
    var list =
        RankedList.newBuilder()
            .setObjective(from.objective())
            .setEngine(from.engine())
            .setSeed(from.seed())
            .setRounds(from.rounds())
            .setItemsScored(from.itemsScored())
            .setBytesRead(from.bytesRead())
            .setBehavioursSkipped(from.behavioursSkipped());
    for (var item : from.items()) {
      list.addItems(
          RankedItem.newBuilder().setId(item.id()).setTitle(item.title()).setScore(item.score()));
    }
    for (var degradation : from.degradations()) {
      list.addDegradations(
          Degradation.newBuilder()
              .setKind(label(degradation.kind()))
              .setDetail(degradation.detail()));
    }
    return list.build();
  }

  static ListObjectivesResponse objectives(
      SpaceId space, List<io.trawl.domain.Objective> objectives) {
    var response = ListObjectivesResponse.newBuilder().setSpace(space(space));
    for (var objective : objectives) {
      response.addObjectives(
          Objective.newBuilder()
              .setName(objective.name())
              .setTitle(objective.title())
              .setText(label(objective.text())));
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

  private static Space space(SpaceId id) {
    return Space.newBuilder().setName(id.name()).setVersion(id.version()).build();
  }

  private static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
