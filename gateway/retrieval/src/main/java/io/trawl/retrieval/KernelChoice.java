package io.trawl.retrieval;

import java.util.Objects;

/**
 * The kernel that a process scores with.
 *
 * @param kernel the choice
 * @param reason why this one, for the log
 */
public record KernelChoice(ScoreKernel kernel, String reason) {

  public KernelChoice {
    Objects.requireNonNull(kernel, "kernel");
    Objects.requireNonNull(reason, "reason");
  }
}
