package io.trawl.app.terminal;

/** Hears how far a long job has come. Safe for use by several threads. */
public interface Progress {

  /**
   * Begins a task.
   *
   * @param what the task, in a few words
   * @param total steps that it will take, at least 0
   */
  Task begin(String what, long total);

  /** One task under way. */
  interface Task extends AutoCloseable {

    /**
     * More steps are done.
     *
     * @param note what else there is to say now, such as failures so far; empty for nothing
     */
    void advance(long steps, String note);

    /** The task has ended, done or not. */
    @Override
    void close();
  }
}
