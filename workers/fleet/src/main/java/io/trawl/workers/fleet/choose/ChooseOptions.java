package io.trawl.workers.fleet.choose;

import static io.trawl.workers.wire.Settings.within;

/**
 * By what a worker is chosen.
 *
 * @param zoneFactor how many times as busy as the others, call for call, workers of the own zone
 *     may be before the others are taken too; default 1.5. Small: traffic crosses zones for a
 *     trifle; large: a small zone drowns beside idle ones
 * @param zoneCalls calls under way at each of the own zone that are no reason to leave it, however
 *     idle the others are; default 4
 * @param owners whether a key has an owner; default false. It pays where workers keep something of
 *     a user, such as a prefix cache
 * @param ownerFactor how many times as busy as the mean an owner may be before the next on the ring
 *     takes its call, above 1; default 1.15. Small: users wander and caches are cold; large: one
 *     worker is busy with the users that many ask for
 */
public record ChooseOptions(
    double zoneFactor, double zoneCalls, boolean owners, double ownerFactor) {

  public ChooseOptions {
    within("zoneFactor", zoneFactor, 1, 1_000);
    within("zoneCalls", zoneCalls, 1, 1_000);
    within("ownerFactor", ownerFactor, 1, 1_000);
  }

  public static ChooseOptions defaults() {
    return new ChooseOptions(1.5, 4, false, 1.15);
  }

  public ChooseOptions withOwners(boolean value) {
    return new ChooseOptions(zoneFactor, zoneCalls, value, ownerFactor);
  }
}
