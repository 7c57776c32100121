package io.trawl.app.demo;

/**
 * What the demo found.
 *
 * @param lists lists shown
 * @param recallSum recall of each against the exact engine, summed up
 * @param shareSum the share of the catalogue that was scored for each, summed up
 * @param withHeldOut lists for which the user has held-out items
 * @param foundInTen of those, lists with one among the first ten
 * @param protocolsAgree whether HTTP and gRPC said the same throughout
 */
public record DemoSummary(
    int lists,
    double recallSum,
    double shareSum,
    int withHeldOut,
    int foundInTen,
    boolean protocolsAgree) {

  static DemoSummary none() {
    return new DemoSummary(0, 0, 0, 0, 0, true);
  }

  /** Recall against the exact engine, on average. */
  public double meanRecall() {
    return recallSum / Math.max(1, lists);
  }

  /** The share of the catalogue that was scored, on average. */
  public double meanShareScored() {
    return shareSum / Math.max(1, lists);
  }

  DemoSummary withAgreement(boolean agreed) {
    return new DemoSummary(
        lists, recallSum, shareSum, withHeldOut, foundInTen, protocolsAgree && agreed);
  }

  DemoSummary withList(double recall, double share, boolean hasHeldOut, boolean found) {
    return new DemoSummary(
        lists + 1,
        recallSum + recall,
        shareSum + share,
        withHeldOut + (hasHeldOut ? 1 : 0),
        foundInTen + (hasHeldOut && found ? 1 : 0),
        protocolsAgree);
  }
}
