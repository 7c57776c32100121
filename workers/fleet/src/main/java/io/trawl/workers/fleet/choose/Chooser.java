package io.trawl.workers.fleet.choose;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses who gets a call, in this order: those of the own zone, unless they are too busy beside
 * the others; of these the key's owner, if keys have owners and it is not too busy, else the next
 * on the ring; without owners the better of two that chance draws.
 *
 * <p>Takes no lock, allocates nothing, and asks nobody for long: a few looks, and where those are
 * refused one walk over the roster. Safe for all threads.
 */
public final class Chooser {

  /** Places on the ring that are looked at before chance decides. */
  private static final int PLACES = 512;

  /** Draws that may hit who takes nothing before everybody is looked at. */
  private static final int DRAWS = 6;

  private final ChooseOptions options;
  private final Chance chance;

  public Chooser(ChooseOptions options, long seed) {
    this.options = options;
    this.chance = new Chance(seed);
  }

  /**
   * Who gets the next call.
   *
   * @param key of the user whose owner is wanted; any number where keys have no owners
   * @param tried who has had this call before; they are passed over
   * @return null if nobody takes it
   */
  public <C extends Candidate> @Nullable C choose(Roster<C> roster, long key, List<C> tried) {
    if (roster.all.isEmpty()) {
      return null;
    }
    int near = near(roster);
    C found = roster.ring == null ? null : owner(roster, roster.ring, key, near, tried);
    if (found == null) {
      found = betterOfTwo(roster, near, tried);
    }
    // Who is near may take nothing at all.
    return found == null && near < roster.all.size()
        ? betterOfTwo(roster, roster.all.size(), tried)
        : found;
  }

  /** How many of the roster, from its beginning, are near enough. */
  private int near(Roster<?> roster) {
    int own = roster.own;
    int all = roster.all.size();
    if (own == all) {
      return all;
    }
    double here = roster.meanUnderWay(0, own);
    double there = roster.meanUnderWay(own, all);
    return here > Math.max(options.zoneCalls(), options.zoneFactor() * there) ? all : own;
  }

  private <C extends Candidate> @Nullable C owner(
      Roster<C> roster, Ring ring, long key, int near, List<C> tried) {
    double bound = options.ownerFactor() * (roster.meanUnderWay(0, near) + 1.0 / near);
    int place = ring.place(key);
    for (int left = PLACES; left > 0; left--, place = ring.next(place)) {
      int index = ring.owner(place);
      if (index < near) {
        C candidate = roster.all.get(index);
        if (candidate.load().underWay() < Math.ceil(bound * candidate.share())
            && usable(candidate, tried)) {
          return candidate;
        }
      }
    }
    return null;
  }

  private <C extends Candidate> @Nullable C betterOfTwo(
      Roster<C> roster, int count, List<C> tried) {
    List<C> all = roster.all;
    C first = null;
    for (int draw = 0; draw < DRAWS; draw++) {
      C drawn = all.get(chance.below(count));
      if (drawn == first || !usable(drawn, tried)) {
        continue;
      }
      if (first == null) {
        first = drawn;
      } else {
        return drawn.cost() < first.cost() ? drawn : first;
      }
    }
    return best(all, count, tried);
  }

  /** Of all: where there are few who take anything, chance may not find two. */
  private <C extends Candidate> @Nullable C best(List<C> all, int count, List<C> tried) {
    C best = null;
    double least = Double.POSITIVE_INFINITY;
    int from = chance.below(count);
    for (int step = 0; step < count; step++) {
      C candidate = all.get((from + step) % count);
      if (usable(candidate, tried)) {
        double cost = candidate.cost();
        if (cost < least) {
          least = cost;
          best = candidate;
        }
      }
    }
    return best;
  }

  private static <C extends Candidate> boolean usable(C candidate, List<C> tried) {
    return candidate.takes() && !(!tried.isEmpty() && tried.contains(candidate));
  }
}
