package io.trawl.workers.fleet.resolve;

import io.trawl.workers.fleet.resolve.Located.Place;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One way to learn places from the DNS. Of the name server's thread. */
interface Lookup {

  /** Asks, and hands over what was found on the same thread, once. */
  void look(NameServer server, Consumer<Finding> then);

  /**
   * What was found.
   *
   * @param places all that are known now; none where nothing was learned
   * @param againNanos after which it is time to ask again
   * @param failed what of it could not be learned; null if nothing
   */
  record Finding(List<Place> places, long againNanos, @Nullable Failed failed) {}

  /** A failure and what to say of it. */
  record Failed(Failure failure, String why) {}
}
