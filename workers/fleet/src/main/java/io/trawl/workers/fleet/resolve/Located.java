package io.trawl.workers.fleet.resolve;

import io.trawl.workers.client.Endpoint;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * All workers there are.
 *
 * @param places of the workers, none twice
 */
public record Located(List<Place> places) {

  public Located {
    places = List.copyOf(new LinkedHashSet<>(places));
  }

  /**
   * Where one worker is.
   *
   * @param endpoint by which it is told from others
   * @param zone in which it runs, empty where nobody says
   * @param leaving whether it is told to end: it finishes what it has and is given nothing new
   */
  public record Place(Endpoint endpoint, String zone, boolean leaving) {

    /** A worker of no zone that stays. */
    public static Place of(Endpoint endpoint) {
      return new Place(endpoint, "", false);
    }
  }
}
