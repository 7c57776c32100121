package io.trawl.app.client;

import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.Engine;
import io.trawl.api.v1.LegPlace;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RankedList;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.api.v1.User;
import io.trawl.domain.Certificate;
import io.trawl.domain.Degradation;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Leg;
import io.trawl.domain.MergedItem;
import io.trawl.domain.MergedList;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Round;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Span;
import io.trawl.domain.Stage;
import io.trawl.domain.Why;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The domain's requests and answers as messages of the API, for both protocols. */
final class Messages {

  private Messages() {}

  static RetrieveRequest request(RetrievalRequest request, Duration deadline) {
    if (request.filter() != null) {
      throw new IllegalArgumentException("filter is given; expected none, this client writes none");
    }
    var message =
        RetrieveRequest.newBuilder()
            .setRequestId(request.id())
            .setUser(user(request.user()))
            .setK(request.k())
            .addAllExcludedItems(request.choice().excludedItems().stream().sorted().toList())
            .setExcludeHistory(request.choice().excludeHistory())
            .setDeadlineMs(deadline.toMillis())
            .setEngine(engine(request.engine()))
            .setExplain(request.explain());
    if (request.onMissing() == OnMissing.FAIL) {
      message.setOnMissing("fail");
    }
    ifGiven(request.merge(), merge -> message.getMergeBuilder().setBy(word(merge.by())));
    ifGiven(request.now(), now -> message.setNow(now.getEpochSecond()));
    for (var from : request.objectives()) {
      var objective = ObjectiveRequest.newBuilder().setName(from.name());
      ifGiven(from.text(), objective::setText);
      if (from.weight() != 1) {
        objective.setWeight(from.weight());
      }
      ifGiven(from.leg(), leg -> objective.setLegs(leg.label()));
      if (from.quota() != 0) {
        objective.setQuota(from.quota());
      }
      message.addObjectives(objective);
    }
    return message.build();
  }

  private static User user(io.trawl.domain.User user) {
    var message = User.newBuilder().setId(user.id()).putAllProfile(user.profile());
    for (var behaviour : user.history()) {
      var done = Behaviour.newBuilder().setItem(behaviour.itemId());
      ifGiven(behaviour.action(), done::setAction);
      ifGiven(behaviour.time(), time -> done.setTime(time.getEpochSecond()));
      message.addHistory(done);
    }
    return message.build();
  }

  private static Engine engine(EngineRequest engine) {
    var message = Engine.newBuilder();
    ifGiven(engine.engine(), name -> message.setEngine(name.label()));
    ifGiven(engine.rounds(), message::setRounds);
    ifGiven(engine.sample(), message::setSample);
    ifGiven(engine.keep(), message::setKeep);
    ifGiven(engine.neighbours(), message::setNeighbours);
    ifGiven(engine.seed(), message::setSeed);
    return message.build();
  }

  private static <T> void ifGiven(@Nullable T value, Consumer<T> set) {
    if (value != null) {
      set.accept(value);
    }
  }

  /** Fails with {@link RequestFailed} on words that the API never says. */
  static Retrieval retrieval(RetrieveResponse answer) {
    try {
      return new Retrieval(
          answer.getRequestId(),
          new SpaceId(answer.getSpace().getName(), answer.getSpace().getVersion()),
          answer.getListsList().stream().map(Messages::list).toList(),
          answer.hasMerged() ? merged(answer.getMerged()) : null,
          stages(answer.getStageMicrosMap()),
          answer.getSpansList().stream().map(Messages::span).toList(),
          List.of());
    } catch (IllegalArgumentException strange) {
      throw new RequestFailed("the gateway's answer is not as the API describes it", strange);
    }
  }

  private static ObjectiveRetrieval list(RankedList list) {
    return new ObjectiveRetrieval(
        list.getObjective(),
        list.getItemsList().stream()
            .map(
                item ->
                    new RankedItem(
                        item.getId(),
                        item.getTitle(),
                        item.getScore(),
                        item.hasWhy() ? why(item.getWhy()) : null))
            .toList(),
        new ObjectiveRetrieval.Search(
            list.getEngine(),
            list.getSeed(),
            list.getRounds(),
            list.getItemsScored(),
            list.getBytesRead()),
        list.getBehavioursSkipped(),
        degradations(list.getDegradationsList()),
        list.getTraceList().stream().map(Messages::round).toList(),
        new ObjectiveRetrieval.Remarks(
            list.hasCertificate() ? constant(Certificate.class, list.getCertificate()) : null,
            list.hasRules() ? list.getRules() : null,
            list.hasLegs() ? legs(list.getLegs()) : List.of()));
  }

  private static Round round(io.trawl.api.v1.Round round) {
    return new Round(
        round.getRound(),
        round.getExpanded(),
        round.getListed(),
        round.getItemsScored(),
        round.getFound(),
        round.getMicros() * 1000);
  }

  private static Span span(io.trawl.api.v1.Span span) {
    return new Span(
        span.getName(), span.getObjective(), span.getStartMicros() * 1000, span.getMicros() * 1000);
  }

  private static MergedList merged(io.trawl.api.v1.MergedList merged) {
    return new MergedList(
        merged.getItemsList().stream()
            .map(
                item ->
                    new MergedItem(
                        item.getId(),
                        item.getTitle(),
                        item.getScore(),
                        item.getObjective(),
                        item.getPlacesList().stream().map(Messages::place).toList()))
            .toList(),
        degradations(merged.getDegradationsList()));
  }

  private static MergedItem.Place place(io.trawl.api.v1.Place place) {
    return new MergedItem.Place(
        place.getObjective(),
        place.getPlace(),
        place.getScore(),
        place.hasWhy() ? why(place.getWhy()) : null);
  }

  private static List<Leg> legs(String joined) {
    return Stream.of(joined.split("\\+", -1)).map(one -> constant(Leg.class, one)).toList();
  }

  private static Why why(io.trawl.api.v1.Why why) {
    var found =
        why.hasQueryVector()
            ? new Why.Found(
                why.getQueryVector(),
                why.getRound(),
                why.hasNeighbourOf() ? why.getNeighbourOf() : null)
            : null;
    var legs =
        why.hasDense() || why.hasLexical()
            ? new Why.Legs(
                why.hasDense() ? at(why.getDense()) : null,
                why.hasLexical() ? at(why.getLexical()) : null)
            : null;
    return new Why(found, legs);
  }

  private static Why.At at(LegPlace at) {
    return new Why.At(at.getPlace(), at.getScore());
  }

  private static List<Degradation> degradations(List<io.trawl.api.v1.Degradation> from) {
    return from.stream()
        .map(
            one ->
                new Degradation(constant(Degradation.Kind.class, one.getKind()), one.getDetail()))
        .toList();
  }

  private static Map<Stage, Long> stages(Map<String, Long> micros) {
    var nanos = new EnumMap<Stage, Long>(Stage.class);
    micros.forEach((stage, time) -> nanos.put(constant(Stage.class, stage), time * 1000));
    return nanos;
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String word) {
    return Enum.valueOf(type, word.toUpperCase(Locale.ROOT));
  }
}
