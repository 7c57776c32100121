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
 * @param indexes what it is searched by beside its item vectors
 * @param files every file of the space but the manifest, by path
 * @param notes free text and numbers (as text) for people
 */
public record Manifest(
    SpaceId id,
    Sizes sizes,
    Backbone backbone,
    Indexes indexes,
    List<Attribute> attributes,
    Prompts prompts,
    Map<String, FileEntry> files,
    Map<String, String> notes) {

  public Manifest {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(sizes, "sizes");
    Objects.requireNonNull(backbone, "backbone");
    Objects.requireNonNull(indexes, "indexes");
    Objects.requireNonNull(prompts, "prompts");
    attributes = List.copyOf(attributes);
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    notes = Collections.unmodifiableMap(new LinkedHashMap<>(notes));
  }

  /** Null where the space has no neighbour graph. */
  public @Nullable Neighbours neighbours() {
    return indexes.neighbours;
  }

  /** Null where the space has no lexical index. */
  public @Nullable Lexical lexical() {
    return indexes.lexical;
  }

  /** What requests can ask for, in the manifest's order. */
  public List<Objective> objectives() {
    return prompts.templates().stream().map(PromptTemplate::objective).toList();
  }

  /**
   * How much there is of everything.
   *
   * @param items N
   * @param queryVectors M
   * @param vectorWidth H
   * @param embeddingWidth E
   * @param lengths accepted prompt lengths L, ascending
   */
  public record Sizes(
      int items, int queryVectors, int vectorWidth, int embeddingWidth, List<Integer> lengths) {
    public Sizes {
      lengths = List.copyOf(lengths);
    }
  }

  /**
   * How requests are written.
   *
   * @param templates one for each objective
   */
  public record Prompts(PromptGrammar grammar, List<PromptTemplate> templates) {
    public Prompts {
      Objects.requireNonNull(grammar, "grammar");
      templates = List.copyOf(templates);
    }
  }

  /** The model that a worker serves, by its name and version in Triton. */
  public record Backbone(String model, long version) {
    public Backbone {
      Objects.requireNonNull(model, "model");
    }
  }

  /** What a space may have or not. */
  public record Indexes(@Nullable Neighbours neighbours, @Nullable Lexical lexical) {}

  /**
   * @param folder of the space that holds its files and nothing else
   * @param analysis how titles and texts became words, by the name of the rules
   */
  public record Lexical(String folder, String analysis) {
    public Lexical {
      Objects.requireNonNull(folder, "folder");
      Objects.requireNonNull(analysis, "analysis");
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
