package io.trawl.space;

import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
import io.trawl.space.source.SpaceRefused;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Checks of an open space that read more than opening does and need no worker: the sample users,
 * the order of the neighbours, and the top items of the golden requests. Blocks while it reads.
 */
public final class SpaceCheck {

  /** Rows of the neighbour table that are looked at, evenly spread. */
  private static final int NEIGHBOUR_ROWS = 1000;

  /** Nearness is computed in another order than the trainer did. */
  private static final double NEARNESS_TOLERANCE = 1e-4;

  /**
   * One thing that was checked.
   *
   * @param passed whether it is as it should be
   * @param what what was found, for a person
   */
  public record Finding(boolean passed, String what) {}

  private SpaceCheck() {}

  /**
   * Checks everything, in the order of the findings.
   *
   * @param space with its item vectors
   * @param exact the engine that scores every item of this space
   */
  public static List<Finding> run(Space space, Engine exact) {
    var findings = new ArrayList<Finding>();
    findings.add(users(space));
    space
        .neighbours()
        .ifPresent(table -> findings.add(neighbours(Nearness.of(space).orElseThrow(), table)));
    findings.add(golden(space, exact));
    return List.copyOf(findings);
  }

  private static Finding users(Space space) {
    var users = 0L;
    var behaviours = 0L;
    var unknownItems = 0L;
    var unknownActions = 0L;
    var grammar = space.manifest().prompts().grammar().history();
    try (var lines = space.users()) {
      for (var user : (Iterable<SampleUser>) lines::iterator) {
        var seen = new HashSet<String>();
        for (var behaviour : user.user().history()) {
          seen.add(behaviour.itemId());
          unknownItems += space.catalogue().ordinal(behaviour.itemId()) < 0 ? 1 : 0;
          unknownActions += grammar.knows(behaviour.action()) ? 0 : 1;
        }
        for (var held : user.heldOut().entrySet()) {
          var leaked = held.getValue().items().stream().filter(seen::contains).findFirst();
          if (leaked.isPresent()) {
            return new Finding(
                false,
                "%s: user %s holds out %s for %s, which stands in the user's history"
                    .formatted(RequestLines.USERS, user.user().id(), leaked.get(), held.getKey()));
          }
        }
        users++;
        behaviours += user.user().history().size();
      }
    } catch (SpaceRefused wrong) {
      return new Finding(false, wrong.getMessage());
    }
    return new Finding(
        true,
        "%,d sample users with %,d behaviours, %,d of them of unknown items, %,d with unknown actions"
            .formatted(users, behaviours, unknownItems, unknownActions));
  }

  private static Finding neighbours(Nearness metric, NeighbourTable table) {
    var step = Math.max(1, table.count() / NEIGHBOUR_ROWS);
    var rows = 0;
    for (var ordinal = 0; ordinal < table.count(); ordinal += step) {
      var wrong = row(metric, table, ordinal);
      if (wrong.isPresent()) {
        return new Finding(
            false, "%s: row %d %s".formatted(Space.NEIGHBOURS, ordinal, wrong.get()));
      }
      rows++;
    }
    return new Finding(true, "neighbours of %,d items stand nearest first".formatted(rows));
  }

  private static Optional<String> row(Nearness metric, NeighbourTable table, int ordinal) {
    var seen = new HashSet<Integer>();
    var previous = Double.POSITIVE_INFINITY;
    for (var rank = 0; rank < table.degree(); rank++) {
      var neighbour = table.at(ordinal, rank);
      if (neighbour < 0) {
        continue;
      }
      if (seen.size() < rank) {
        return Optional.of("goes on after -1");
      }
      if (!seen.add(neighbour)) {
        return Optional.of("holds %d twice".formatted(neighbour));
      }
      var nearness = metric.between(ordinal, neighbour);
      if (nearness > previous + NEARNESS_TOLERANCE * (1 + Math.abs(previous))) {
        return Optional.of(
            "holds %d at rank %d, which is nearer than the one before it"
                .formatted(neighbour, rank));
      }
      previous = nearness;
    }
    return Optional.empty();
  }

  private static Finding golden(Space space, Engine exact) {
    for (var golden : space.goldenRequests()) {
      var wrong = Golden.compareTop(golden, search(space, exact, golden), Golden.SCORE_TOLERANCE);
      if (wrong.isPresent()) {
        return new Finding(
            false,
            "golden request %d (%s): %s"
                .formatted(golden.line(), golden.objective().name(), wrong.get()));
      }
    }
    return new Finding(
        true,
        "query vectors of %,d golden requests find their top items"
            .formatted(space.goldenRequests().size()));
  }

  private static SearchResult search(Space space, Engine exact, GoldenRequest golden) {
    var request =
        new SearchRequest(
            golden.queryVectors(),
            golden.top().ordinals().length,
            ItemSet.all(space.catalogue().count()),
            0,
            new ExploreSettings(1, 1, 1, 1));
    return exact.start(request).finish();
  }
}
