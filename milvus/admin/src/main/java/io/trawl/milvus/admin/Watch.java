package io.trawl.milvus.admin;

/** Hears how far a job has come. */
public interface Watch {

  /**
   * A stage of the job begins.
   *
   * @param what the stage, in a few words
   * @param total its steps
   */
  Stage begin(String what, long total);

  /** Something was found as it should be. */
  void passed(String what);

  /** Tells nobody. */
  static Watch silent() {
    return new Watch() {
      @Override
      public Stage begin(String what, long total) {
        return new Stage() {
          @Override
          public void advance(long steps) {}

          @Override
          public void close() {}
        };
      }

      @Override
      public void passed(String what) {}
    };
  }

  /** One stage under way. */
  interface Stage extends AutoCloseable {
    void advance(long steps);

    @Override
    void close();
  }
}
