package io.trawl.bench.load;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * What became of the requests: a histogram for each kind and ending, so that its size depends on
 * neither rate nor time. Written by many threads.
 */
final class Tally {

  /** Beyond these endings of a kind the rest is one. */
  private static final int MOST_ENDINGS = 512;

  private static final long HIGHEST_MICROS = TimeUnit.HOURS.toMicros(1);
  private static final int DIGITS = 3;

  private final Scenario.Times times;
  private final Map<Key, Series> series = new ConcurrentHashMap<>();
  private final LongAdder begun = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final LongAdder late = new LongAdder();
  private final LongAdder notSent = new LongAdder();
  private final LongAdder within = new LongAdder();
  private final LongAdder goodBegun = new LongAdder();
  private final LongAdder unexpected = new LongAdder();
  private final LongAccumulator latestStart = new LongAccumulator(Math::max, 0);
  private final LongAccumulator latestAnswer = new LongAccumulator(Math::max, Long.MIN_VALUE);

  /** What a histogram is of. */
  record Key(String kind, String expected, String ending) implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
        Comparator.comparing(Key::kind).thenComparing(Key::ending);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  /** A histogram of microseconds that can be read while it is written. */
  static final class Series {
    private final Recorder recorder = new Recorder(HIGHEST_MICROS, DIGITS);
    private final Histogram total = new Histogram(HIGHEST_MICROS, DIGITS);

    void record(long micros) {
      recorder.recordValue(Math.clamp(micros, 0, HIGHEST_MICROS));
    }

    /** What came since the last time this was asked for. */
    synchronized Histogram interval() {
      var interval = recorder.getIntervalHistogram();
      total.add(interval);
      return interval;
    }

    synchronized Histogram total() {
      interval();
      return total.copy();
    }
  }

  Tally(Scenario.Times times) {
    this.times = times;
  }

  /**
   * A request leaves.
   *
   * @param behindNanos how long after its intended start
   */
  void began(boolean good, long behindNanos) {
    begun.increment();
    if (good) {
      goodBegun.increment();
    }
    if (behindNanos > times.lateAfter().toNanos()) {
      late.increment();
    }
    latestStart.accumulate(behindNanos);
  }

  /** A request whose deadline passed before it could leave. */
  void notSent(boolean good) {
    notSent.increment();
    if (good) {
      goodBegun.increment();
    }
  }

  /**
   * A request ended.
   *
   * @param latencyNanos since its intended start
   * @param sinceSentNanos since it left
   * @param accepted whether its ending is one that its kind may have
   */
  void ended(
      LoadRequest request,
      String ending,
      long latencyNanos,
      long sinceSentNanos,
      boolean accepted) {
    ended.increment();
    series(request, ending).record(latencyNanos / 1_000);
    if (!accepted) {
      unexpected.increment();
    }
    if (request.good() && ending.equals(request.expected())) {
      long deadline = TimeUnit.MILLISECONDS.toNanos(request.deadlineMillis());
      if (latencyNanos <= deadline + times.grace().toNanos()) {
        within.increment();
      }
      latestAnswer.accumulate(sinceSentNanos - deadline);
    }
  }

  private Series series(LoadRequest request, String ending) {
    var key = new Key(request.kind(), request.expected(), ending);
    var known = series.get(key);
    if (known != null) {
      return known;
    }
    var bounded =
        series.size() < MOST_ENDINGS ? key : new Key(request.kind(), request.expected(), "other");
    return series.computeIfAbsent(bounded, _ -> new Series());
  }

  /** Histograms by kind and ending, in order. */
  List<Map.Entry<Key, Series>> entries() {
    return series.entrySet().stream().sorted(Map.Entry.comparingByKey()).toList();
  }

  static Histogram sum(Collection<Histogram> parts) {
    var sum = new Histogram(HIGHEST_MICROS, DIGITS);
    parts.forEach(sum::add);
    return sum;
  }

  long begun() {
    return begun.sum();
  }

  long underWay() {
    return begun.sum() - ended.sum();
  }

  long late() {
    return late.sum();
  }

  long latestStartNanos() {
    return latestStart.get();
  }

  long notSentCount() {
    return notSent.sum();
  }

  /** Requests that asked for an answer, those that could not be sent included. */
  long goodCount() {
    return goodBegun.sum();
  }

  /** Answers within their deadline, counted from the intended start. */
  long withinDeadline() {
    return within.sum();
  }

  long unexpected() {
    return unexpected.sum();
  }

  /** How long after its deadline, counted from when it left, the latest answer came. */
  long latestAnswerNanos() {
    return latestAnswer.get();
  }
}
