package io.trawl.bench;

import java.io.PrintStream;
import java.util.Optional;

/**
 * What {@code bench requests} is asked to do.
 *
 * @param space directory of the space that the gateway serves
 * @param http base of the gateway's HTTP port
 * @param admin base of its admin port
 * @param count requests measured, after as many to warm up
 * @param k items asked for
 */
record RequestOptions(String space, String http, String admin, int count, int k) {

  static final String USAGE =
      """
      bench requests: what one request costs a running gateway
        --space DIR     the space that it serves (triton-models/spaces/demo-shop)
        --http URL      its HTTP port (http://127.0.0.1:8080)
        --admin URL     its admin port (http://127.0.0.1:9091)
        --count N       requests measured, after as many to warm up (2000)
        --k K           items asked for (100)
      """;

  RequestOptions {
    if (count < 1 || k < 1) {
      throw new IllegalArgumentException("--count and --k are at least 1");
    }
  }

  /** The options, or empty after a sentence on {@code err}. */
  static Optional<RequestOptions> parse(String[] args, PrintStream err) {
    var options =
        new RequestOptions(
            "triton-models/spaces/demo-shop",
            "http://127.0.0.1:8080",
            "http://127.0.0.1:9091",
            2000,
            100);
    try {
      for (var i = 0; i < args.length; i += 2) {
        if (i + 1 == args.length) {
          throw new IllegalArgumentException(args[i] + " needs a value");
        }
        options = options.with(args[i], args[i + 1]);
      }
      return Optional.of(options);
    } catch (IllegalArgumentException wrong) {
      err.println("bench requests: " + wrong.getMessage());
      err.print(USAGE);
      return Optional.empty();
    }
  }

  private RequestOptions with(String name, String value) {
    return switch (name) {
      case "--space" -> new RequestOptions(value, http, admin, count, k);
      case "--http" -> new RequestOptions(space, value, admin, count, k);
      case "--admin" -> new RequestOptions(space, http, value, count, k);
      case "--count" -> new RequestOptions(space, http, admin, Integer.parseInt(value), k);
      case "--k" -> new RequestOptions(space, http, admin, count, Integer.parseInt(value));
      default -> throw new IllegalArgumentException(RecallOptions.unknown(name, USAGE));
    };
  }
}
