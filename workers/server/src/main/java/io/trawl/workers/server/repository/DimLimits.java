package io.trawl.workers.server.repository;

import io.trawl.workers.protocol.ModelConfig;
import java.util.Map;
import java.util.TreeMap;

/**
 * How long a dimension may be that a model leaves open, beside the batch: what a run costs in time
 * and memory may grow with its square. Parameters of the configuration, {@code trawl.max_dim} and
 * {@code trawl.max_dim.INPUT}, stand above the worker's own option.
 *
 * @param usual of inputs that are not named
 * @param byInput of those that are
 */
public record DimLimits(int usual, Map<String, Integer> byInput) {

  /** The parameters' names begin so; the one of an input goes on with a dot and its name. */
  static final String PARAMETER = "trawl.max_dim";

  public DimLimits {
    byInput = Map.copyOf(byInput);
  }

  /** What a configuration that was checked says, and the worker's option where it says nothing. */
  static DimLimits of(ModelConfig config, int option) {
    Map<String, Integer> named = new TreeMap<>();
    config
        .getParametersMap()
        .forEach(
            (key, value) -> {
              if (key.startsWith(PARAMETER)) {
                named.put(key, Integer.parseInt(value.getStringValue()));
              }
            });
    int usual = named.getOrDefault(PARAMETER, option);
    Map<String, Integer> byInput = new TreeMap<>();
    named.forEach(
        (key, most) -> {
          if (!key.equals(PARAMETER)) {
            byInput.put(key.substring(PARAMETER.length() + 1), most);
          }
        });
    return new DimLimits(usual, byInput);
  }

  public int of(String input) {
    return byInput.getOrDefault(input, usual);
  }
}
