package io.trawl.workers.server.repository;

import io.trawl.workers.protocol.ModelConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What holds for dimensions beside the batch: those of one name are equal, and how long one may be
 * that a model leaves open, beside the batch: what a run costs in time and memory may grow with its
 * square. Parameters of the configuration, {@code trawl.max_dim} and {@code trawl.max_dim.INPUT},
 * stand above the worker's own option.
 *
 * @param usual of inputs that are not named
 * @param byInput of those that are
 * @param equal what the model calls its open dimensions, by input and without the batch; empty
 *     where it does not call one by a name
 */
public record DimLimits(int usual, Map<String, Integer> byInput, Map<String, List<String>> equal) {

  /** The parameters' names begin so; the one of an input goes on with a dot and its name. */
  static final String PARAMETER = "trawl.max_dim";

  public DimLimits {
    byInput = Map.copyOf(byInput);
    equal = Map.copyOf(equal);
  }

  /** What a configuration that was checked says, and the worker's option where it says nothing. */
  static DimLimits of(ModelConfig config, int option, Map<String, List<String>> equal) {
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
    return new DimLimits(usual, byInput, equal);
  }

  /** What the model calls a dimension, counted without the batch; empty where it does not. */
  public String name(String input, int axis) {
    List<String> names = equal.getOrDefault(input, List.of());
    return axis < names.size() ? names.get(axis) : "";
  }

  public int of(String input) {
    return byInput.getOrDefault(input, usual);
  }
}
