package io.trawl.serve.space;

import io.trawl.domain.SpaceId;
import io.vertx.core.Future;
import java.nio.file.Path;

/** What operators ask of a gateway's spaces. */
public interface SpaceActivator {

  /**
   * Opens the space in a directory beside the one that answers, verifies it, and goes over to it in
   * one step. What fails changes nothing.
   *
   * @return how it ended; the future itself never fails
   */
  Future<Activation> activate(Path directory);

  Now now();

  /**
   * How things stand.
   *
   * @param answers the space of new requests
   * @param finishing requests that still end in the space before it
   * @param activating whether another space is being opened or verified
   */
  record Now(SpaceId answers, int finishing, boolean activating) {}
}
