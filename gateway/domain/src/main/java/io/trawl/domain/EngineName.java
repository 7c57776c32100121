package io.trawl.domain;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The ways to find the best items. */
public enum EngineName {
  /** Scores every eligible item. */
  EXACT,
  /** Scores a sample, then neighbours of the best it knows. */
  EXPLORE,
  /** Unites what an index in Milvus finds for each query vector. */
  MILVUS;

  /** The name in requests, answers, configuration and metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The engine of that label; empty where there is none. */
  public static Optional<EngineName> of(String label) {
    return Arrays.stream(values()).filter(name -> name.label().equals(label)).findFirst();
  }

  public static List<String> labels() {
    return Arrays.stream(values()).map(EngineName::label).toList();
  }
}
