package io.trawl.app.triton;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What runs the model inside of Triton. */
public enum TritonBackend {
  /** ONNX Runtime inside of the Python backend: the space's own {@code model.py}. */
  PYTHON("model.py", EnumSet.allOf(OutputType.class)),
  /** Triton's ONNX Runtime backend, which refuses BF16. */
  ONNXRUNTIME("model.onnx", EnumSet.of(OutputType.FP32, OutputType.FP16)),
  /** A plan that is built on the GPU that runs it. */
  TENSORRT("model.plan", EnumSet.allOf(OutputType.class));

  private final String file;
  private final Set<OutputType> outputs;

  TritonBackend(String file, Set<OutputType> outputs) {
    this.file = file;
    this.outputs = outputs;
  }

  /** Its name in config.pbtxt. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The file of a version's folder that it opens. */
  String file() {
    return file;
  }

  /** What its query vectors may be. */
  public Set<OutputType> outputs() {
    return outputs;
  }
}
