package io.trawl.workers.fleet.choose;

import java.util.ArrayList;
import java.util.List;

/**
 * Those who may be chosen, as one picture: who comes or goes makes a new one.
 *
 * <p>Of the own zone or not is told once, when it is made. Where the own zone is unknown, or nobody
 * of it is there, all are of it.
 */
public final class Roster {

  final Candidate[] all;

  /** A part of {@code all} at its beginning. */
  final int own;

  final Ring ring;

  private Roster(List<Candidate> all, int own) {
    this.all = all.toArray(Candidate[]::new);
    this.own = own;
    this.ring = new Ring(all);
  }

  /** A roster of these, in no order that counts. */
  public static Roster of(List<Candidate> candidates, String ownZone) {
    var near = new ArrayList<Candidate>();
    var far = new ArrayList<Candidate>();
    for (Candidate candidate : candidates) {
      (ownZone.isEmpty() || candidate.zone().equals(ownZone) ? near : far).add(candidate);
    }
    int own = near.isEmpty() ? far.size() : near.size();
    near.addAll(far);
    return new Roster(near, own);
  }

  public List<Candidate> candidates() {
    return List.of(all);
  }

  public boolean isEmpty() {
    return all.length == 0;
  }

  /** Calls under way for each of a part, by the shares that they are let have. */
  double meanUnderWay(int from, int to) {
    double calls = 0;
    double shares = 0;
    for (int index = from; index < to; index++) {
      calls += all[index].load().underWay();
      shares += all[index].share();
    }
    return calls / shares;
  }
}
