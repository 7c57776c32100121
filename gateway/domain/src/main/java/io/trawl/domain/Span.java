package io.trawl.domain;

import java.util.Objects;

/**
 * A piece of the time of a request.
 *
 * @param name a stage's label, or a part of one: {@code queue}, {@code round}, {@code fill}
 * @param objective the objective it was for, empty where it was for the whole request
 * @param startNanos from the moment at which the request entered the pipeline
 * @param nanos how long it took
 */
public record Span(String name, String objective, long startNanos, long nanos) {

  public Span {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(objective, "objective");
  }
}
