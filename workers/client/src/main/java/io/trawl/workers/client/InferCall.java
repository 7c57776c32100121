package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One inference to ask for.
 *
 * @param model the model's name
 * @param version the version that must answer; empty lets the server choose
 * @param id echoed by the server; may be empty
 * @param inputs the tensors, at least one, no name twice
 * @param outputs names of the outputs wanted; empty asks for all
 * @param parameters beside the tensors; see {@link #withPriority} and {@link #withQueueTimeout}
 */
public record InferCall(
    String model,
    String version,
    String id,
    List<Tensor> inputs,
    List<String> outputs,
    Map<String, Parameter> parameters) {

  public InferCall {
    requireNonNull(version, "version");
    requireNonNull(id, "id");
    if (model.isEmpty()) {
      throw new IllegalArgumentException("model: '' (expected a model's name)");
    }
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    // A copy that keeps the order: the same call is the same bytes.
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException("inputs: none (expected at least one tensor)");
    }
    requireDistinct("inputs", inputs.stream().map(Tensor::name).toList());
    requireDistinct("outputs", outputs);
  }

  /** A call for all outputs of a model; an empty version lets the server choose. */
  public static InferCall of(String model, String version, Tensor... inputs) {
    return new InferCall(model, version, "", List.of(inputs), List.of(), Map.of());
  }

  public InferCall withId(String value) {
    return new InferCall(model, version, value, inputs, outputs, parameters);
  }

  public InferCall withOutputs(String... names) {
    return new InferCall(model, version, id, inputs, List.of(names), parameters);
  }

  /** Triton's scheduling priority: 1 is served first, 0 means the model's default. */
  public InferCall withPriority(long value) {
    if (value < 0) {
      throw new IllegalArgumentException("priority: " + value + " (expected 0 or more)");
    }
    return withParameter("priority", new Parameter.Unsigned(value));
  }

  /**
   * How long the call may wait in the model's queue, sent in microseconds. It acts only where the
   * model allows the override, and says nothing about the time that inference itself takes: that is
   * the budget's business.
   */
  public InferCall withQueueTimeout(Duration value) {
    long micros = value.toNanos() / 1_000;
    if (micros < 1) {
      throw new IllegalArgumentException("queueTimeout: " + value + " (expected 1 us or more)");
    }
    return withParameter("timeout", new Parameter.Whole(micros));
  }

  public InferCall withParameter(String name, Parameter value) {
    var more = new LinkedHashMap<>(parameters);
    more.put(name, value);
    return new InferCall(model, version, id, inputs, outputs, more);
  }

  private static void requireDistinct(String what, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        throw new IllegalArgumentException(
            what + ": '" + name + "' twice (expected distinct names)");
      }
    }
  }
}
