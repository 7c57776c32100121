package io.trawl.workers.server.run;

import ai.onnxruntime.OrtException;
import io.trawl.workers.server.run.BackendException.Fault;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a failed run is to its callers. ONNX Runtime's own text names files and lines of its source,
 * and nodes of the model: it is for the log, as the cause.
 */
final class OnnxFailures {
  private static final Pattern NODE = Pattern.compile("while running (\\w{1,64}) node");
  private static final Pattern INDEX =
      Pattern.compile("idx=(-?\\d+) must be within the inclusive range \\[(-?\\d+),(-?\\d+)\\]");

  /** Of failures that have no code of their own, those that depend on what a request brings. */
  private static final Pattern OF_INPUT =
      Pattern.compile(
          "(?i)out of (?:data )?bounds|out of range|invalid index|must be within"
              + "|attempting to broadcast|dimension mismatch|cannot be reshaped");

  private static final Pattern OF_MEMORY =
      Pattern.compile("(?i)available memory of|failed to allocate memory|bad_alloc");

  private OnnxFailures() {}

  static BackendException ofRun(OrtException e, long memoryBytes) {
    String text = String.valueOf(e.getMessage());
    if (OF_MEMORY.matcher(text).find()) {
      return new BackendException(
          Fault.MEMORY,
          "the model needs more memory for this than is left of the %d bytes of all runs"
              .formatted(memoryBytes),
          e);
    }
    boolean input =
        e.getCode() == OrtException.OrtErrorCode.ORT_INVALID_ARGUMENT
            || OF_INPUT.matcher(text).find();
    return input
        ? new BackendException(Fault.INPUT, "the model cannot run on these inputs" + why(text), e)
        : new BackendException(Fault.RUN, "the model failed to run" + at(text), e);
  }

  private static String why(String text) {
    Matcher index = INDEX.matcher(text);
    return index.find()
        ? ": index %s is not within %s to %s%s"
            .formatted(index.group(1), index.group(2), index.group(3), at(text))
        : at(text);
  }

  private static String at(String text) {
    Matcher node = NODE.matcher(text);
    return node.find() ? ", at an operator " + node.group(1) : "";
  }
}
