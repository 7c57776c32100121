package io.trawl.app.terminal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.trawl.domain.Ticker;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * A progress bar with rate and time left. On a terminal one line is drawn over and over; elsewhere
 * a plain line is written at the beginning, at most every ten seconds, and at the end.
 *
 * <pre>
 * next-item  ━━━━━━━━━━━━━━━━━━──────────────────  50 %  11,200/22,363  410/s  27 s left
 * </pre>
 */
public final class ProgressBar implements Progress {

  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final Duration PLAIN_LINE = Duration.ofSeconds(10);
  private static final int BAR_COLUMNS = 32;
  private static final String ERASE_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private final Ansi ansi;
  private final Ticker ticker;

  /**
   * @param out where it is drawn, usually standard error
   * @param terminal whether {@code out} is a terminal
   */
  public ProgressBar(PrintStream out, boolean terminal, Ansi ansi, Ticker ticker) {
    this.out = out;
    this.terminal = terminal;
    this.ansi = ansi;
    this.ticker = ticker;
  }

  @Override
  public Task begin(String what, long total) {
    return new Bar(what, total);
  }

  /**
   * A duration for a person: {@code 850 ms}, {@code 12 s}, {@code 3 min 05 s}, {@code 2 h 07 min}.
   */
  public static String duration(Duration duration) {
    var seconds = Math.round(duration.toMillis() / 1000.0);
    if (duration.toMillis() < 1000) {
      return duration.toMillis() + " ms";
    }
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return "%d min %02d s".formatted(seconds / 60, seconds % 60);
    }
    return "%d h %02d min".formatted(seconds / 3600, seconds % 3600 / 60);
  }

  private final class Bar implements Task {

    private final String what;
    private final long total;
    private final long startNanos;

    @GuardedBy("this")
    private long done;

    @GuardedBy("this")
    private String note = "";

    @GuardedBy("this")
    private long drawnNanos;

    @GuardedBy("this")
    private boolean closed;

    Bar(String what, long total) {
      this.what = what;
      this.total = total;
      this.startNanos = ticker.nanos();
      synchronized (this) {
        draw(startNanos);
      }
    }

    @Override
    public synchronized void advance(long steps, String newNote) {
      done += steps;
      note = newNote;
      var now = ticker.nanos();
      var pause = terminal ? REDRAW : PLAIN_LINE;
      if (!closed && now - drawnNanos >= pause.toNanos()) {
        draw(now);
      }
    }

    @Override
    public synchronized void close() {
      if (closed) {
        return;
      }
      closed = true;
      draw(ticker.nanos());
      if (terminal) {
        out.println();
      }
    }

    @GuardedBy("this")
    private void draw(long now) {
      drawnNanos = now;
      var line = line(Duration.ofNanos(now - startNanos));
      if (terminal) {
        out.print(ERASE_LINE + line);
        out.flush();
      } else {
        out.println(line);
      }
    }

    @GuardedBy("this")
    private String line(Duration spent) {
      var share = total == 0 ? 1 : Math.min(1, (double) done / total);
      var line = new StringBuilder(what).append("  ");
      if (terminal) {
        var full = (int) Math.round(share * BAR_COLUMNS);
        line.append(ansi.paint(Style.CYAN, "━".repeat(full)))
            .append(ansi.paint(Style.DIM, "─".repeat(BAR_COLUMNS - full)))
            .append("  ");
      }
      line.append("%3d %%  %,d/%,d".formatted(Math.round(Math.floor(share * 100)), done, total));
      var perSecond = done / Math.max(1e-3, spent.toNanos() / 1e9);
      if (done > 0) {
        line.append(String.format(Locale.ROOT, "  %,.0f/s", perSecond));
      }
      if (closed) {
        line.append("  in ").append(duration(spent));
      } else if (done > 0) {
        var left = Duration.ofNanos((long) ((total - done) / perSecond * 1e9));
        line.append("  ").append(duration(left)).append(" left");
      }
      return note.isEmpty() ? line.toString() : line + "  " + ansi.paint(Style.YELLOW, note);
    }
  }
}
