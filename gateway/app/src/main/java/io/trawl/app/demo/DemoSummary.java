package io.trawl.app.demo;

import io.trawl.domain.ObjectiveRetrieval;
import java.util.Set;

/** What the demo found, summed up over the lists that it showed. */
public final class DemoSummary {

  private int lists;
  private double recall;
  private double shareScored;
  private int withHeldOut;
  private int foundInTen;
  private boolean protocolsAgree = true;

  /** Whether HTTP and gRPC said the same to one user. */
  void compared(boolean agree) {
    protocolsAgree &= agree;
  }

  void add(ObjectiveRetrieval list, Set<String> heldOut, double recallOfList, int items) {
    lists++;
    recall += recallOfList;
    shareScored += (double) list.search().itemsScored() / items;
    withHeldOut += heldOut.isEmpty() ? 0 : 1;
    foundInTen += list.items().stream().limit(10).anyMatch(i -> heldOut.contains(i.id())) ? 1 : 0;
  }

  /** Lists shown. */
  public int lists() {
    return lists;
  }

  /** Recall against the exact engine, on average. */
  public double meanRecall() {
    return recall / Math.max(1, lists);
  }

  /** The share of the catalogue that was scored, on average. */
  public double meanShareScored() {
    return shareScored / Math.max(1, lists);
  }

  /** Lists for which the user has held-out items. */
  public int withHeldOut() {
    return withHeldOut;
  }

  /** Of those, lists with one among the first ten. */
  public int foundInTen() {
    return foundInTen;
  }

  /** Whether HTTP and gRPC said the same throughout. */
  public boolean protocolsAgree() {
    return protocolsAgree;
  }
}
