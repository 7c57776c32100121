package io.trawl.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What {@code bench traffic} is asked to do.
 *
 * @param httpPort the gateway's HTTP port on 127.0.0.1
 * @param grpcPort its gRPC port
 * @param seconds how long requests are sent
 * @param rate requests sent in a second, whether others have been answered or not
 * @param every seconds between two lines of the table
 * @param pids processes whose memory is told, with a collection asked for each time
 */
record TrafficOptions(
    int httpPort, int grpcPort, int seconds, int rate, int every, List<Long> pids) {

  static final String USAGE =
      """
      bench traffic: good and bad requests of every call against a running gateway, by the clock
        --http PORT     its HTTP port (8080)
        --grpc PORT     its gRPC port (9090)
        --seconds N     how long (600)
        --rate N        requests a second, sent whether others have been answered or not (40)
        --every N       seconds between two lines (30)
        --pids P,P      processes on this machine whose heap after a collection and resident
                        memory are told
      """;

  TrafficOptions {
    pids = List.copyOf(pids);
    if (seconds < 1 || rate < 1 || every < 1) {
      throw new IllegalArgumentException("--seconds, --rate and --every are at least 1");
    }
  }

  Duration gap() {
    return Duration.ofNanos(1_000_000_000L / rate);
  }

  /** The options, or empty after a sentence on {@code err}. */
  static Optional<TrafficOptions> parse(String[] args, PrintStream err) {
    var options = new TrafficOptions(8080, 9090, 600, 40, 30, List.of());
    try {
      for (var i = 0; i < args.length; i += 2) {
        if (i + 1 == args.length) {
          throw new IllegalArgumentException(args[i] + " needs a value");
        }
        options = options.with(args[i], args[i + 1]);
      }
      return Optional.of(options);
    } catch (IllegalArgumentException wrong) {
      err.println("bench traffic: " + wrong.getMessage());
      err.print(USAGE);
      return Optional.empty();
    }
  }

  private TrafficOptions with(String name, String value) {
    if (name.equals("--pids")) {
      var given = Arrays.stream(value.split(",")).map(Long::parseLong).toList();
      return new TrafficOptions(httpPort, grpcPort, seconds, rate, every, given);
    }
    int number = Integer.parseInt(value);
    return switch (name) {
      case "--http" -> new TrafficOptions(number, grpcPort, seconds, rate, every, pids);
      case "--grpc" -> new TrafficOptions(httpPort, number, seconds, rate, every, pids);
      case "--seconds" -> new TrafficOptions(httpPort, grpcPort, number, rate, every, pids);
      case "--rate" -> new TrafficOptions(httpPort, grpcPort, seconds, number, every, pids);
      case "--every" -> new TrafficOptions(httpPort, grpcPort, seconds, rate, number, pids);
      default -> throw new IllegalArgumentException("unknown option " + name);
    };
  }
}
