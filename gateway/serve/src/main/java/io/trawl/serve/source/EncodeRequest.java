package io.trawl.serve.source;

import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.User;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the backbone is asked for.
 *
 * @param requestId the request's id, passed on to the worker
 * @param objective an objective that the space has
 * @param now the request time that ages of behaviours are counted from; null writes no ages
 */
public record EncodeRequest(
    String requestId, ObjectiveRequest objective, User user, @Nullable Instant now) {

  public EncodeRequest {
    Objects.requireNonNull(requestId, "requestId");
    Objects.requireNonNull(objective, "objective");
    Objects.requireNonNull(user, "user");
  }
}
