package io.trawl.workers.client;

import io.trawl.workers.protocol.ModelInferResponse;
import java.util.HashSet;
import java.util.Set;

/** What an answer must have in common with its call. Sizes are the tensors' own business. */
final class AnswerCheck {

  private AnswerCheck() {}

  /** The first promise that the answer breaks, in words; empty when it keeps them all. */
  static String brokenPromise(InferCall call, ModelInferResponse answer) {
    if (!answer.getModelName().equals(call.model())) {
      return differs("model", answer.getModelName(), call.model());
    }
    if (!call.version().isEmpty() && !answer.getModelVersion().equals(call.version())) {
      return differs("version", answer.getModelVersion(), call.version());
    }
    if (!call.id().isEmpty() && !answer.getId().equals(call.id())) {
      return differs("id", answer.getId(), call.id());
    }
    int raw = answer.getRawOutputContentsCount();
    if (raw > 0 && raw != answer.getOutputsCount()) {
      return "answer with %d raw contents (expected %d, one for each output)"
          .formatted(raw, answer.getOutputsCount());
    }
    return brokenOutputs(call, answer, raw > 0);
  }

  private static String brokenOutputs(InferCall call, ModelInferResponse answer, boolean raw) {
    Set<String> names = new HashSet<>();
    for (var output : answer.getOutputsList()) {
      if (!names.add(output.getName())) {
        return "answer with output '%s' twice".formatted(output.getName());
      }
      if (raw && output.hasContents()) {
        return "output '%s' with raw and typed contents (expected one of them)"
            .formatted(output.getName());
      }
    }
    for (String wanted : call.outputs()) {
      if (!names.contains(wanted)) {
        return "answer with outputs %s (expected '%s' among them)".formatted(names, wanted);
      }
    }
    return "";
  }

  private static String differs(String what, String found, String expected) {
    return "answer of %s '%s' (expected '%s')".formatted(what, found, expected);
  }
}
