package io.trawl.encode;

import io.trawl.retrieval.QueryVectors;
import io.trawl.space.Space;
import io.trawl.workers.client.InferCall;
import io.trawl.workers.client.Inferred;
import java.util.Arrays;

/**
 * A space's backbone as a model of the Open Inference Protocol: how a prompt becomes a call, and an
 * answer exactly M finite query vectors of width H, or nothing.
 */
final class BackboneModel {

  /** What an answer holds. */
  sealed interface Answer {

    record Usable(QueryVectors queries) implements Answer {}

    /**
     * Nothing of it may be used.
     *
     * @param why for a person
     */
    record Unusable(String why) implements Answer {}
  }

  private final PromptTensors tensors;
  private final String name;
  private final String version;
  private final int count;
  private final int width;

  BackboneModel(Space space) {
    var manifest = space.manifest();
    this.tensors = new PromptTensors(space);
    this.name = manifest.backbone().model();
    this.version = Long.toString(manifest.backbone().version());
    this.count = manifest.sizes().queryVectors();
    this.width = manifest.sizes().vectorWidth();
  }

  String name() {
    return name;
  }

  String version() {
    return version;
  }

  /** A call for the query vectors of one prompt. Reads mapped memory. */
  InferCall call(Prompt prompt) {
    return InferCall.of(name, version, tensors.of(prompt))
        .withOutputs(BackboneContract.QUERY_VECTORS);
  }

  Answer queryVectors(Inferred answer) {
    var vectors = answer.output(BackboneContract.QUERY_VECTORS).orElseThrow();
    var shape = vectors.shape();
    if (shape.length != 3 || shape[0] != 1 || shape[1] != count || shape[2] != width) {
      return new Answer.Unusable(
          "%s of %s version %s has shape %s; expected [1, %d, %d] as the space says"
              .formatted(
                  BackboneContract.QUERY_VECTORS,
                  name,
                  version,
                  Arrays.toString(shape),
                  count,
                  width));
    }
    try {
      return new Answer.Usable(new QueryVectors(vectors.toFloats(), count, width));
    } catch (IllegalArgumentException unusable) {
      return new Answer.Unusable(name + " gave no usable vectors: " + unusable.getMessage());
    }
  }
}
