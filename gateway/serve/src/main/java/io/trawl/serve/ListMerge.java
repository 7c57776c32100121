package io.trawl.serve;

import io.trawl.domain.Degradation;
import io.trawl.domain.Merge;
import io.trawl.domain.MergedItem;
import io.trawl.domain.MergedItem.Place;
import io.trawl.domain.MergedList;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RetrievalRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes one list of the lists of several objectives: first the places that objectives keep are
 * given to their best items, then the rest to whatever is worth most, and the whole descends by
 * worth.
 */
final class ListMerge {

  private ListMerge() {}

  /**
   * @param lists parallel to the request's objectives
   * @return null where the request does not ask for one
   */
  static @Nullable MergedList merge(RetrievalRequest request, List<ObjectiveRetrieval> lists) {
    var merge = request.merge();
    return merge == null ? null : merge(merge, request.objectives(), lists, request.k());
  }

  /**
   * @param objectives as asked, parallel to {@code lists}
   */
  static MergedList merge(
      Merge merge, List<ObjectiveRequest> objectives, List<ObjectiveRetrieval> lists, int k) {
    var candidates = candidates(merge, objectives, lists);
    keepPlaces(objectives, lists, candidates);
    var chosen =
        candidates.values().stream()
            .sorted(
                Comparator.comparing((Candidate one) -> one.keptBy == null)
                    .thenComparing(BEST_FIRST))
            .limit(k)
            .sorted(BEST_FIRST)
            .map(Candidate::item)
            .toList();
    return new MergedList(chosen, labels(chosen.size(), k));
  }

  private static Map<String, Candidate> candidates(
      Merge merge, List<ObjectiveRequest> objectives, List<ObjectiveRetrieval> lists) {
    var candidates = new LinkedHashMap<String, Candidate>();
    for (var l = 0; l < lists.size(); l++) {
      var list = lists.get(l);
      var weight = objectives.get(l).weight();
      for (var i = 0; i < list.items().size(); i++) {
        var item = list.items().get(i);
        var worth =
            switch (merge.by()) {
              case RANK -> weight / (ReciprocalRank.K + i + 1);
              case SCORE -> weight * item.score();
            };
        candidates
            .computeIfAbsent(item.id(), id -> new Candidate(id, item.title(), candidates.size()))
            .add(merge.by(), worth, new Place(list.objective(), i + 1, item.score(), item.why()));
      }
    }
    return candidates;
  }

  /** An item that two objectives would keep a place for is kept by the first that asks. */
  private static void keepPlaces(
      List<ObjectiveRequest> objectives,
      List<ObjectiveRetrieval> lists,
      Map<String, Candidate> candidates) {
    for (var l = 0; l < lists.size(); l++) {
      var left = objectives.get(l).quota();
      for (var item : lists.get(l).items()) {
        var candidate = candidates.get(item.id());
        if (left > 0 && candidate != null && candidate.keptBy == null) {
          candidate.keptBy = lists.get(l).objective();
          left--;
        }
      }
    }
  }

  private static List<Degradation> labels(int items, int k) {
    return items == k
        ? List.of()
        : List.of(
            new Degradation(
                Degradation.Kind.FEWER_THAN_K,
                "the lists hold %d items together of %d asked".formatted(items, k)));
  }

  /** Of equals the one that came first, in the order of the lists. */
  private static final Comparator<Candidate> BEST_FIRST =
      Comparator.comparingDouble((Candidate one) -> one.score)
          .reversed()
          .thenComparingInt(one -> one.order);

  private static final class Candidate {
    private final String id;
    private final String title;
    private final int order;
    private final List<Place> places = new ArrayList<>();
    private double score;
    private double largestWorth = Double.NEGATIVE_INFINITY;
    private String broughtBy = "";
    private @Nullable String keptBy;

    Candidate(String id, String title, int order) {
      this.id = id;
      this.title = title;
      this.order = order;
    }

    void add(Merge.By by, double worth, Place place) {
      score =
          switch (by) {
            case RANK -> score + worth;
            case SCORE -> places.isEmpty() ? worth : Math.max(score, worth);
          };
      if (worth > largestWorth) {
        largestWorth = worth;
        broughtBy = place.objective();
      }
      places.add(place);
    }

    MergedItem item() {
      return new MergedItem(id, title, score, keptBy == null ? broughtBy : keptBy, places);
    }
  }
}
