package io.trawl.workers.wire;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import org.jspecify.annotations.Nullable;

/**
 * What a protobuf message will take in the heap once it is parsed, told from its wire form without
 * making an object: two bytes on the wire may become a hundred, so that a message within every
 * bound of bytes may still be more than a process has.
 *
 * <p>A figure of the right order, rather too high. What an element weighs was measured once: a
 * parsed message of 200,000 elements of one kind, the used heap after a collection with it less the
 * one without (compressed references). Fields of bytes count as views of the message, which a
 * parser that aliases makes of them.
 *
 * <p>It reads as far as the parser would: what the parser refuses ends it, with what was weighed
 * before. Its own cost is bounded by the limit, since every step adds to the weight.
 *
 * @param bytes the weight, or something above the limit that it was weighed by
 * @param allKnown whether the parser knows every field, and keeps nothing aside as unknown
 */
public record MessageWeight(long bytes, boolean allKnown) {

  /** An object with its header, its place in a list, and what its class keeps beside its fields. */
  private static final int MESSAGE = 40;

  private static final int FIELD = 8;

  /** An entry of a map, beside the message that it is on the wire. */
  private static final int ENTRY = 40;

  /** A string beside its characters, with its place in a list. */
  private static final int STRING = 56;

  /** A view of bytes, with its place in a list. */
  private static final int VIEW = 40;

  /** In an array that has grown. */
  private static final int SCALAR = 12;

  /** One of a number of its own: an entry of a tree, lists, a boxed value. */
  private static final int UNKNOWN = 200;

  /** As deep as protobuf's own parser goes. */
  private static final int DEEPEST = 100;

  /**
   * Weighs a message.
   *
   * @param limit beyond which it does not matter by how much
   */
  public static MessageWeight of(byte[] message, Descriptor type, long limit) {
    Walk walk = new Walk(message, limit);
    walk.begin(type);
    walk.fields(type, message.length, 0, 0);
    return new MessageWeight(walk.weight, walk.allKnown && !walk.done);
  }

  /** One way through a message. */
  private static final class Walk {
    private final byte[] bytes;
    private final long limit;
    private long weight;
    private int at;
    private boolean allKnown = true;

    /** Over the limit, or at what the parser refuses. */
    private boolean done;

    Walk(byte[] bytes, long limit) {
      this.bytes = bytes;
      this.limit = limit;
    }

    private void add(long more) {
      weight += more;
      if (weight > limit) {
        done = true;
      }
    }

    private void begin(Descriptor type) {
      add(MESSAGE + (long) FIELD * type.getFields().size());
    }

    /**
     * The fields of a message or group, up to its end.
     *
     * @param type null where nothing is known of them
     * @param group whose end ends them, 0 for a message
     */
    private void fields(@Nullable Descriptor type, int end, int group, int depth) {
      while (!done && (at < end || group != 0)) {
        int tag = varint32(end);
        int number = WireFormat.getTagFieldNumber(tag);
        if (done || number == 0) {
          done = true;
          return;
        }
        int wireType = WireFormat.getTagWireType(tag);
        if (wireType == WireFormat.WIRETYPE_END_GROUP) {
          done = number != group;
          return;
        }
        FieldDescriptor field = type == null ? null : type.findFieldByNumber(number);
        field(field, number, wireType, end, depth);
      }
    }

    private void field(
        @Nullable FieldDescriptor field, int number, int wireType, int end, int depth) {
      boolean packed = field != null && field.isPackable() && isLength(wireType);
      if (field == null || (!packed && field.getLiteType().getWireType() != wireType)) {
        allKnown = false;
        add(UNKNOWN);
        unknown(number, wireType, end, depth);
      } else if (packed) {
        packed(field, length(end));
      } else {
        known(field, number, wireType, end, depth);
      }
    }

    private static boolean isLength(int wireType) {
      return wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    private void unknown(int number, int wireType, int end, int depth) {
      if (wireType == WireFormat.WIRETYPE_START_GROUP) {
        group(null, number, end, depth);
      } else {
        skip(wireType, end);
      }
    }

    private void known(FieldDescriptor field, int number, int wireType, int end, int depth) {
      switch (field.getType()) {
        case MESSAGE -> {
          Descriptor type = field.getMessageType();
          int length = length(end);
          begin(type);
          if (field.isMapField()) {
            add(ENTRY);
          }
          if (depth == DEEPEST) {
            done = true;
          } else if (!done) {
            fields(type, at + length, 0, depth + 1);
          }
        }
        case GROUP -> {
          begin(field.getMessageType());
          group(field.getMessageType(), number, end, depth);
        }
        case STRING -> {
          int length = length(end);
          add(STRING + (long) length);
          at += length;
        }
        case BYTES -> {
          add(VIEW);
          skip(wireType, end);
        }
        default -> {
          add(SCALAR);
          skip(wireType, end);
        }
      }
    }

    private void group(@Nullable Descriptor type, int number, int end, int depth) {
      if (depth == DEEPEST) {
        done = true;
      } else {
        fields(type, end, number, depth + 1);
      }
    }

    /**
     * Scalars in a row: an array, in which those of fixed width take what they take on the wire.
     */
    private void packed(FieldDescriptor field, int length) {
      boolean varints =
          WireFormat.WIRETYPE_VARINT == field.getLiteType().getWireType()
              && field.getType() != FieldDescriptor.Type.BOOL;
      int last = at + length;
      if (!varints) {
        add(SCALAR + (long) length);
        at = last;
        return;
      }
      add(SCALAR);
      while (at < last && !done) {
        if (bytes[at++] >= 0) {
          add(SCALAR);
        }
      }
    }

    private void skip(int wireType, int end) {
      switch (wireType) {
        case WireFormat.WIRETYPE_VARINT -> varint32(end);
        case WireFormat.WIRETYPE_FIXED32 -> skipBytes(4, end);
        case WireFormat.WIRETYPE_FIXED64 -> skipBytes(8, end);
        case WireFormat.WIRETYPE_LENGTH_DELIMITED -> skipBytes(length(end), end);
        default -> done = true;
      }
    }

    private void skipBytes(int count, int end) {
      if (end - at < count) {
        done = true;
      } else {
        at += count;
      }
    }

    /** How many bytes follow; 0 where they would pass the end. */
    private int length(int end) {
      int length = varint32(end);
      if (length < 0 || length > end - at) {
        done = true;
        return 0;
      }
      return length;
    }

    /** The low 32 bits of one; as the parser takes it, longer ones are cut. */
    private int varint32(int end) {
      int value = 0;
      for (int shift = 0; shift < 70; shift += 7) {
        if (at >= end) {
          break;
        }
        byte next = bytes[at++];
        if (shift < 32) {
          value |= (next & 0x7f) << shift;
        }
        if (next >= 0) {
          return value;
        }
      }
      done = true;
      return 0;
    }
  }
}
