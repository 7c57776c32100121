package io.trawl.bench.load;

import io.trawl.app.config.ConfigRefused;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Pattern;

/**
 * What a gateway says of itself on its admin port.
 *
 * @param allocatedBytes of its heap, by all threads since its start
 * @param heapBytes in use
 */
record MetricsPage(double allocatedBytes, double heapBytes) {

  private static final Pattern ALLOCATED =
      Pattern.compile("^jvm_threads_allocated_bytes_total ([0-9.E+]+)$", Pattern.MULTILINE);
  private static final Pattern HEAP =
      Pattern.compile(
          "^jvm_memory_used_bytes\\{area=\"heap\"[^}]*\\} ([0-9.E+]+)$", Pattern.MULTILINE);

  static MetricsPage read(String host, int port) throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      var page =
          client.send(HttpRequest.newBuilder(address(host, port)).build(), BodyHandlers.ofString());
      return new MetricsPage(sum(ALLOCATED, page.body()), sum(HEAP, page.body()));
    }
  }

  private static URI address(String host, int port) {
    try {
      return new URI("http", null, host, port, "/metrics", null, null);
    } catch (URISyntaxException _) {
      throw new ConfigRefused("--host is '" + host + "'; expected a name or an address");
    }
  }

  /** The sum of a metric over its labels. */
  private static double sum(Pattern pattern, String page) {
    return pattern
        .matcher(page)
        .results()
        .mapToDouble(match -> Double.parseDouble(match.group(1)))
        .sum();
  }
}
