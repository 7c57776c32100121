package io.trawl.workers.server.edge;

import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.wire.ContentCoding;
import io.trawl.workers.wire.ContentCoding.Unpacked;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/** What callers may pack their messages with, over gRPC and over HTTP. */
final class Packing {
  static final String IDENTITY = "identity";

  /** As gRPC and HTTP name them; {@code deflate} is the zlib format. */
  static final String ACCEPTED = IDENTITY + ", " + ContentCoding.ACCEPTED;

  private Packing() {}

  static boolean accepts(String encoding) {
    return encoding.equals(IDENTITY) || ContentCoding.named(encoding).isPresent();
  }

  /**
   * Unpacks what came in an accepted encoding.
   *
   * @param room which it takes as it unpacks
   * @param tooLarge what to refuse with, made only then
   * @throws RequestException if it cannot be unpacked, or is too large when it is
   */
  static byte[] unpack(
      String encoding, byte[] packed, int maxBytes, Room room, Supplier<CallFailure> tooLarge) {
    return within(encoding, packed, maxBytes, room).orElseThrow(() -> tooLarge.get().asException());
  }

  /**
   * The same where that takes next to no time; empty where it does not.
   *
   * @param smallBytes what it may unpack to
   */
  static Optional<byte[]> unpackSmall(
      String encoding,
      byte[] packed,
      int smallBytes,
      int maxBytes,
      Room room,
      Supplier<CallFailure> tooLarge) {
    if (packed.length > smallBytes) {
      return Optional.empty();
    }
    return maxBytes <= smallBytes
        ? Optional.of(unpack(encoding, packed, maxBytes, room, tooLarge))
        : within(encoding, packed, smallBytes, room);
  }

  private static Optional<byte[]> within(String encoding, byte[] packed, int most, Room room) {
    if (encoding.equals(IDENTITY)) {
      return packed.length <= most ? Optional.of(packed) : Optional.empty();
    }
    Growth growth = new Growth(room);
    return switch (ContentCoding.named(encoding).orElseThrow().unpack(packed, most, growth)) {
      case Unpacked.Whole(var bytes) -> Optional.of(bytes);
      case Unpacked.TooLarge() when growth.stopped ->
          throw noMemory(
                  "%d bytes of %s unpack to more than the %d bytes that are free now"
                      .formatted(packed.length, encoding, growth.bytes))
              .asException();
      case Unpacked.TooLarge() -> Optional.empty();
      case Unpacked.Broken(var why) ->
          throw CallFailure.invalid(encoding + " message cannot be unpacked: " + why).asException();
    };
  }

  /**
   * Refuses what there is no room for: as too large where there never is.
   *
   * @param needed all that it takes
   * @param what begins the sentence
   * @param advice ends it
   */
  static CallFailure noRoom(Room room, long needed, String what, String advice) {
    return needed > room.ever()
        ? CallFailure.tooLarge(what + " more memory than one request may take" + advice)
        : noMemory(what + " more memory than is free now" + advice);
  }

  private static CallFailure noMemory(String why) {
    return new CallFailure(CallFailure.Code.RESOURCE_EXHAUSTED, CallFailure.Reason.OTHER, why);
  }

  /** What has been unpacked, each part of which needs room. */
  private static final class Growth implements IntPredicate {
    private final Room room;
    private long bytes;
    private boolean stopped;

    Growth(Room room) {
      this.room = room;
    }

    @Override
    public boolean test(int more) {
      stopped = !room.reach(bytes + more);
      if (!stopped) {
        bytes += more;
      }
      return !stopped;
    }
  }
}
