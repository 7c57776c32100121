package io.trawl.app.eval;

/**
 * A ranking without any model, which a trained one must beat. Counted from histories and item texts
 * alone.
 */
interface Floor {

  /** What it is called in the report. */
  String name();

  /** Whether it can rank this case: some need the request's text. */
  default boolean ranks(EvalCase aCase) {
    return true;
  }

  /**
   * Gives every item its score, the larger the better.
   *
   * @param scores one per ordinal, all zero when handed in
   */
  void score(EvalCase aCase, double[] scores);
}
