package io.trawl.space;

import io.trawl.domain.User;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A user of {@code users.jsonl}: a history to ask with and the items that should come out.
 *
 * @param now the time of the request, or null where times are not known
 * @param heldOut by objective, for those that this user qualifies for
 */
public record SampleUser(User user, @Nullable Instant now, Map<String, HeldOut> heldOut) {

  public SampleUser {
    Objects.requireNonNull(user, "user");
    heldOut = Collections.unmodifiableMap(new LinkedHashMap<>(heldOut));
  }
}
