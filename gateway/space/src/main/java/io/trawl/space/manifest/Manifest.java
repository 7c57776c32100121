package io.trawl.space.manifest;

import io.trawl.domain.Objective;
import io.trawl.domain.SpaceId;
import io.trawl.space.catalogue.Attribute;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@code manifest.json} says, checked.
 *
 * @param id name and version of the space
 * @param items N
 * @param queryVectors M
 * @param vectorWidth H
 * @param embeddingWidth E
 * @param lengths accepted prompt lengths L, ascending
 * @param neighbours null where the space has no neighbour graph
 * @param templates one for each objective
 * @param files every file of the space but the manifest, by path
 * @param notes free text and numbers (as text) for people
 */
public record Manifest(
    SpaceId id,
    int items,
    int queryVectors,
    int vectorWidth,
    int embeddingWidth,
    List<Integer> lengths,
    Backbone backbone,
    @Nullable Neighbours neighbours,
    List<Attribute> attributes,
    PromptGrammar prompt,
    List<PromptTemplate> templates,
    Map<String, FileEntry> files,
    Map<String, String> notes) {

  public Manifest {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(backbone, "backbone");
    Objects.requireNonNull(prompt, "prompt");
    lengths = List.copyOf(lengths);
    attributes = List.copyOf(attributes);
    templates = List.copyOf(templates);
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    notes = Collections.unmodifiableMap(new LinkedHashMap<>(notes));
  }

  /** The objectives that the backbone was trained on, in the manifest's order. */
  public List<Objective> objectives() {
    return templates.stream().map(PromptTemplate::objective).toList();
  }

  /** The model that a worker serves, by its name and version in Triton. */
  public record Backbone(String model, long version) {
    public Backbone {
      Objects.requireNonNull(model, "model");
    }
  }

  /**
   * @param count G, the neighbours per item
   */
  public record Neighbours(int count, Metric metric) {
    public Neighbours {
      Objects.requireNonNull(metric, "metric");
    }
  }

  /** What "near" means in the neighbour graph. */
  public enum Metric {
    INNER_PRODUCT,
    COSINE,
    L2
  }

  /**
   * @param sha256 lower-case hex
   */
  public record FileEntry(long bytes, String sha256) {
    public FileEntry {
      Objects.requireNonNull(sha256, "sha256");
    }
  }
}
