package io.trawl.app.triton;

/**
 * How a backbone is to be served.
 *
 * @param output what the query vectors travel as; half as many bytes for FP16 and BF16, at the
 *     price of their precision
 * @param gpu whether instances run on GPUs
 * @param instances copies of the model, per GPU where they run on GPUs
 */
public record TritonOptions(TritonBackend backend, OutputType output, boolean gpu, int instances) {

  private static final int MOST_INSTANCES = 64;

  public TritonOptions {
    if (!backend.outputs().contains(output)) {
      throw new IllegalArgumentException(
          "output is %s; the %s backend gives one of %s"
              .formatted(
                  output.label(),
                  backend.label(),
                  backend.outputs().stream().map(OutputType::label).toList()));
    }
    if (backend == TritonBackend.TENSORRT && !gpu) {
      throw new IllegalArgumentException("TensorRT runs on GPUs only; expected kind gpu");
    }
    if (instances < 1 || instances > MOST_INSTANCES) {
      throw new IllegalArgumentException(
          "instances is %d; expected 1 to %d".formatted(instances, MOST_INSTANCES));
    }
  }
}
