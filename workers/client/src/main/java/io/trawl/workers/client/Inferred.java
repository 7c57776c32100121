package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The worker's answer, checked against the call: it names the model asked, the version asked, the
 * id given, every output wanted and none twice; each tensor's bytes are as many as its shape says.
 *
 * @param model the model that answered
 * @param version the version that answered, also when the call left it open
 * @param id the call's id
 * @param outputs the tensors in the server's order
 * @param parameters what the model said beside them
 */
public record Inferred(
    String model,
    String version,
    String id,
    List<Tensor> outputs,
    Map<String, Parameter> parameters)
    implements InferOutcome {

  public Inferred {
    requireNonNull(model, "model");
    requireNonNull(version, "version");
    requireNonNull(id, "id");
    outputs = List.copyOf(outputs);
    parameters = Map.copyOf(parameters);
  }

  /** The output of this name. */
  public Optional<Tensor> output(String name) {
    for (Tensor tensor : outputs) {
      if (tensor.name().equals(name)) {
        return Optional.of(tensor);
      }
    }
    return Optional.empty();
  }
}
