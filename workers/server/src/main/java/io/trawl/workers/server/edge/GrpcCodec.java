package io.trawl.workers.server.edge;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.wire.HeapBytes;
import io.trawl.workers.wire.MessageWeight;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.WireFormat;
import java.util.Optional;

/**
 * Messages and headers as they come and go.
 *
 * <p>Messages are decoded here rather than by the library, for three reasons: a message that cannot
 * be read gets INVALID_ARGUMENT instead of a bare reset, the limit also holds for what a message
 * unpacks to, and raw tensors stay views of the received bytes.
 */
final class GrpcCodec {
  /** What is read at once: of the smallest fields there are, it takes about a millisecond. */
  private static final int LIGHT_BYTES = 256 << 10;

  /** What is unpacked at once: of little that is sent it may be the time of a usual request. */
  private static final int UNPACKED_BYTES = 64 << 10;

  private GrpcCodec() {}

  static Buffer encode(Message message) {
    return HeapBytes.wrap(message.toByteArray());
  }

  /**
   * Reads a message at once where that takes next to no time; empty where it does not.
   *
   * @see #decode
   */
  static <Q extends Message> Optional<Q> decodeSmall(
      GrpcMessage message, Q prototype, int maxBytes, Room room) {
    check(message, maxBytes);
    int smallBytes = message.encoding().equals(Packing.IDENTITY) ? LIGHT_BYTES : UNPACKED_BYTES;
    if (message.payload().length() > smallBytes) {
      return Optional.empty();
    }
    return Packing.unpackSmall(
            message.encoding(),
            message.payload().getBytes(),
            smallBytes,
            maxBytes,
            room,
            () -> tooLarge(maxBytes))
        .map(bytes -> parse(bytes, prototype, room));
  }

  /**
   * Reads a message; the limit holds for what it unpacks to.
   *
   * @param prototype of the kind that is expected
   * @param room for what it unpacks to, and for what it becomes
   * @throws RequestException if it cannot be read
   */
  static <Q extends Message> Q decode(GrpcMessage message, Q prototype, int maxBytes, Room room) {
    check(message, maxBytes);
    byte[] bytes =
        Packing.unpack(
            message.encoding(),
            message.payload().getBytes(),
            maxBytes,
            room,
            () -> tooLarge(maxBytes));
    return parse(bytes, prototype, room);
  }

  private static void check(GrpcMessage message, int maxBytes) {
    if (message.format() != WireFormat.PROTOBUF) {
      throw CallFailure.unimplemented(
              "wire format " + message.format() + " is not served, send protobuf")
          .asException();
    }
    if (!Packing.accepts(message.encoding())) {
      throw CallFailure.unimplemented(
              "grpc-encoding '%s' is not supported, send %s"
                  .formatted(message.encoding(), Packing.ACCEPTED))
          .asException();
    }
    if (message.payload().length() > maxBytes) {
      throw tooLarge(maxBytes).asException();
    }
  }

  private static <Q extends Message> Q parse(byte[] bytes, Q prototype, Room room) {
    makeRoom(bytes, prototype, room);
    try {
      CodedInputStream input = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
      // Fields of bytes become views of the array, which nobody else holds.
      input.enableAliasing(true);
      @SuppressWarnings("unchecked") // a prototype's parser makes the prototype's class
      Q read = (Q) prototype.getParserForType().parseFrom(input);
      return read;
    } catch (InvalidProtocolBufferException e) {
      throw CallFailure.invalid("message cannot be decoded: " + e.getMessage()).asException();
    }
  }

  /** Two bytes may become an object of a hundred: what there is no room for is not read. */
  private static void makeRoom(byte[] bytes, Message prototype, Room room) {
    long most = room.most();
    long weight = MessageWeight.of(bytes, prototype.getDescriptorForType(), most).bytes();
    // Above the most it is not the whole weight, whatever room there may be since.
    if (weight > most) {
      room.refused();
    } else if (room.reach(Math.max(bytes.length, weight))) {
      return;
    }
    throw Packing.noRoom(
            room,
            weight,
            "a message of %d bytes takes, when it is read,".formatted(bytes.length),
            "; tensors take least as raw_input_contents")
        .asException();
  }

  static CallFailure tooLarge(int maxBytes) {
    return CallFailure.tooLarge("Received message larger than max (" + maxBytes + " bytes)");
  }
}
