package io.trawl.bench.load;

import java.io.FileNotFoundException;
import java.nio.file.Path;
import org.HdrHistogram.HistogramLogWriter;

/** Histograms of each interval in HdrHistogram's own log, by kind and ending as tag. */
final class Hlog implements AutoCloseable {

  private final HistogramLogWriter out;

  private Hlog(HistogramLogWriter out) {
    this.out = out;
  }

  static Hlog to(Path file) throws FileNotFoundException {
    var out = new HistogramLogWriter(file.toFile());
    out.outputLogFormatVersion();
    out.outputComment("microseconds");
    out.outputLegend();
    return new Hlog(out);
  }

  /** Writes what came since the last time. */
  void interval(Tally tally) {
    for (var entry : tally.entries()) {
      var interval = entry.getValue().interval();
      if (interval.getTotalCount() > 0) {
        // A tag knows no blanks and no commas.
        interval.setTag((entry.getKey().kind() + "/" + entry.getKey().ending()).replace(' ', '-'));
        out.outputIntervalHistogram(interval);
      }
    }
  }

  @Override
  public void close() {
    out.close();
  }
}
