package io.trawl.retrieval;

/**
 * The constants of exploration, which the paper leaves open.
 *
 * @param rounds T: the first round scores the sample, each later one the neighbours of the frontier
 * @param sample items drawn by the seed and scored in the first round
 * @param keep size of the frontier: the best items not yet expanded whose neighbours a round adds
 * @param neighbours how many of an item's nearest neighbours are taken
 */
public record ExploreSettings(int rounds, int sample, int keep, int neighbours) {

  public ExploreSettings {
    atLeastOne("rounds", rounds);
    atLeastOne("sample", sample);
    atLeastOne("keep", keep);
    atLeastOne("neighbours", neighbours);
  }

  /**
   * Settings measured to suit a catalogue of that many items: from 320,000 items up no round scores
   * more than 2 % of it, from a million up none scores more than 20,000 items. Smaller catalogues
   * get more than their share, or nothing would be found; see
   * docs/decisions/0004-explore-constants.md.
   */
  public static ExploreSettings forCatalogue(int items) {
    var sample = Math.clamp(items / 50, 500, 20_000);
    return new ExploreSettings(4, sample, Math.max(200, sample / 32), 32);
  }

  /** The most items that an exploration with these settings scores, in a catalogue large enough. */
  public long mostItemsScored() {
    return sample + (rounds - 1L) * Math.min((long) keep * neighbours, Integer.MAX_VALUE);
  }

  /**
   * These where they score no more than so many items, else smaller ones that do not: each round
   * gets an even share and what the others leave of theirs, and rather keeps fewer items than it
   * takes fewer neighbours of each.
   */
  public ExploreSettings within(int mostItems) {
    if (mostItemsScored() <= mostItems) {
      return this;
    }
    var most = Math.max(1, mostItems);
    var fewer = Math.min(rounds, most);
    var later = Math.min((fewer - 1L) * Math.min((long) keep * neighbours, most), most);
    var first = (int) Math.min(sample, Math.max(most / fewer, most - later));
    if (fewer == 1) {
      return new ExploreSettings(1, first, keep, neighbours);
    }
    var share = (most - first) / (fewer - 1);
    var of = Math.min(neighbours, share);
    return new ExploreSettings(fewer, first, Math.min(keep, share / of), of);
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " is " + value + "; expected at least 1");
    }
  }
}
