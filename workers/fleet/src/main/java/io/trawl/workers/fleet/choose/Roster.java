package io.trawl.workers.fleet.choose;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Those who may be chosen, as one picture: who comes or goes makes a new one.
 *
 * <p>Of the own zone or not is told once, when it is made. Where the own zone is unknown, or nobody
 * of it is there, all are of it.
 */
public final class Roster<C extends Candidate> {

  final List<C> all;

  /** A part of {@code all} at its beginning. */
  final int own;

  final @Nullable Ring ring;

  private Roster(List<C> all, int own, @Nullable Ring ring) {
    this.all = all;
    this.own = own;
    this.ring = ring;
  }

  /**
   * A roster of these, in no order that counts.
   *
   * @param ownZone of whoever chooses, empty where nobody knows
   * @param owners whether keys have owners
   */
  public static <C extends Candidate> Roster<C> of(
      List<C> candidates, String ownZone, boolean owners) {
    var near = new ArrayList<C>();
    var far = new ArrayList<C>();
    for (C candidate : candidates) {
      (ownZone.isEmpty() || candidate.zone().equals(ownZone) ? near : far).add(candidate);
    }
    int own = near.isEmpty() ? far.size() : near.size();
    near.addAll(far);
    List<C> all = List.copyOf(near);
    return new Roster<>(all, own, owners && !all.isEmpty() ? new Ring(all) : null);
  }

  public List<C> candidates() {
    return all;
  }

  /** Calls under way for each of a part, by the shares that they are let have. */
  double meanUnderWay(int from, int to) {
    double calls = 0;
    double shares = 0;
    for (int index = from; index < to; index++) {
      calls += all.get(index).load().underWay();
      shares += all.get(index).share();
    }
    return calls / shares;
  }
}
