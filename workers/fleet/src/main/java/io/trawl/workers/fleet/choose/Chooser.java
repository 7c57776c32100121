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
  public @Nullable Candidate choose(Roster roster, long key, List<Candidate> tried) {
    if (roster.isEmpty()) {
      return null;
    }
    int near = near(roster);
    Candidate found = options.owners() ? owner(roster, key, near, tried) : null;
    if (found == null) {
      found = betterOfTwo(roster, near, tried);
    }
    // Who is near may take nothing at all.
    return found == null && near < roster.all.length
        ? betterOfTwo(roster, roster.all.length, tried)
        : found;
  }

  /** How many of the roster, from its beginning, are near enough. */
  private int near(Roster roster) {
    int own = roster.own;
    int all = roster.all.length;
    if (own == all) {
      return all;
    }
    double here = roster.meanUnderWay(0, own);
    double there = roster.meanUnderWay(own, all);
    return here > Math.max(options.zoneCalls(), options.zoneFactor() * there) ? all : own;
  }

  private @Nullable Candidate owner(Roster roster, long key, int near, List<Candidate> tried) {
    Ring ring = roster.ring;
    double bound = options.ownerFactor() * (roster.meanUnderWay(0, near) + 1.0 / near);
    int place = ring.place(key);
    for (int left = PLACES; left > 0; left--, place = ring.next(place)) {
      int index = ring.owner(place);
      if (index < near) {
        Candidate candidate = roster.all[index];
        if (candidate.load().underWay() < Math.ceil(bound * candidate.share())
            && usable(candidate, tried)) {
          return candidate;
        }
      }
    }
    return null;
  }

  private @Nullable Candidate betterOfTwo(Roster roster, int count, List<Candidate> tried) {
    Candidate[] all = roster.all;
    Candidate first = null;
    for (int draw = 0; draw < DRAWS; draw++) {
      Candidate drawn = all[chance.below(count)];
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
  private @Nullable Candidate best(Candidate[] all, int count, List<Candidate> tried) {
    Candidate best = null;
    double least = Double.POSITIVE_INFINITY;
    int from = chance.below(count);
    for (int step = 0; step < count; step++) {
      Candidate candidate = all[(from + step) % count];
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

  private static boolean usable(Candidate candidate, List<Candidate> tried) {
    return candidate.takes() && !(!tried.isEmpty() && tried.contains(candidate));
  }
}
