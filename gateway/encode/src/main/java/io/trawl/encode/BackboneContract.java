package io.trawl.encode;

import io.trawl.space.manifest.Manifest;
import io.trawl.workers.client.ModelMetadata;
import io.trawl.workers.client.ModelMetadata.TensorSpec;
import io.trawl.workers.tensors.Datatype;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a model must look like to be the backbone of a space: the tensors of the Open Inference
 * Protocol contract, with the sizes of the manifest. Checked at the start, so that a wrong model is
 * a sentence in the log and not a wrong answer.
 */
public final class BackboneContract {

  static final String TOKEN_IDS = "token_ids";
  static final String ATTENTION_MASK = "attention_mask";
  static final String ITEM_EMBEDDINGS = "item_embeddings";
  static final String QUERY_VECTORS = "query_vectors";

  private static final long ANY = -1;
  private static final Set<Datatype> FLOATS = Set.of(Datatype.FP32, Datatype.FP16, Datatype.BF16);

  private BackboneContract() {}

  /** The first thing in which a served model differs from the space; empty when nothing does. */
  public static Optional<String> disagreement(Manifest manifest, ModelMetadata model) {
    var version = Long.toString(manifest.backbone().version());
    if (!model.versions().contains(version)) {
      return Optional.of(
          "model %s serves versions %s; expected %s as the space says"
              .formatted(model.name(), model.versions(), version));
    }
    long e = manifest.sizes().embeddingWidth();
    long m = manifest.sizes().queryVectors();
    long h = manifest.sizes().vectorWidth();
    return tensor(model, "input", model.inputs(), TOKEN_IDS, Set.of(Datatype.INT64), ANY, ANY)
        .or(
            () ->
                tensor(
                    model,
                    "input",
                    model.inputs(),
                    ATTENTION_MASK,
                    Set.of(Datatype.INT64),
                    ANY,
                    ANY))
        .or(
            () ->
                tensor(
                    model,
                    "input",
                    model.inputs(),
                    ITEM_EMBEDDINGS,
                    Set.of(Datatype.FP32),
                    ANY,
                    ANY,
                    e))
        .or(() -> tensor(model, "output", model.outputs(), QUERY_VECTORS, FLOATS, ANY, m, h));
  }

  private static Optional<String> tensor(
      ModelMetadata model,
      String kind,
      List<TensorSpec> tensors,
      String name,
      Set<Datatype> types,
      long... shape) {
    var found = tensors.stream().filter(tensor -> tensor.name().equals(name)).findFirst();
    if (found.isEmpty()) {
      return Optional.of("model %s has no %s '%s'".formatted(model.name(), kind, name));
    }
    var tensor = found.get();
    if (types.contains(tensor.datatype()) && Arrays.equals(tensor.shape(), shape)) {
      return Optional.empty();
    }
    return Optional.of(
        "%s '%s' of model %s is %s %s; expected %s %s as the space says"
            .formatted(
                kind,
                name,
                model.name(),
                tensor.datatype(),
                Arrays.toString(tensor.shape()),
                types.stream()
                    .sorted()
                    .map(Datatype::name)
                    .reduce((a, b) -> a + " or " + b)
                    .orElse(""),
                Arrays.toString(shape)));
  }
}
