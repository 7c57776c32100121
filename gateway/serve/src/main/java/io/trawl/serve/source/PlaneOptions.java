package io.trawl.serve.source;

/**
 * How neighbours are kept and fetched for all requests together.
 *
 * @param rows items whose neighbours are kept, default 100,000 (13 MB with 32 neighbours each). A
 *     tenth of the catalogue serves most of what traffic asks for; 0 keeps none and only merges
 * @param batch items asked for in one call at most, default 512. Small: more calls; large: whoever
 *     waits for one item waits for all
 * @param calls calls under way at most, default 2. What comes meanwhile goes with the next. More
 *     merge less
 */
public record PlaneOptions(int rows, int batch, int calls) {

  public PlaneOptions {
    within("rows", rows, 0);
    within("batch", batch, 1);
    within("calls", calls, 1);
  }

  public static PlaneOptions defaults() {
    return new PlaneOptions(100_000, 512, 2);
  }

  /** For what ends before it grows. */
  public static PlaneOptions unbounded() {
    return new PlaneOptions(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);
  }

  private static void within(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s is %d; expected at least %d".formatted(name, value, least));
    }
  }
}
