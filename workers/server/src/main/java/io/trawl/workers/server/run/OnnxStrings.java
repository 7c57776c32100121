package io.trawl.workers.server.run;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.google.protobuf.ByteString;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The elements of string tensors, byte by byte.
 *
 * <p>The Java interface carries them as Java strings in JNI's modified UTF-8, in which NUL and
 * whatever lies beyond the basic plane have other bytes than the model knows, and which holds no
 * bytes that are not text. So elements are written and read by the C interface, see {@link
 * OnnxApi}.
 */
final class OnnxStrings {
  private static final int GET_STRING_TENSOR_DATA_LENGTH = 53;
  private static final int GET_STRING_TENSOR_CONTENT = 54;
  private static final int GET_RESIZED_STRING_TENSOR_ELEMENT_BUFFER = 252;

  private static final AddressLayout POINTER = ValueLayout.ADDRESS;
  private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

  private static final VarHandle TENSOR = tensorHandle();
  private static final MethodHandle DATA_LENGTH =
      OnnxApi.function(GET_STRING_TENSOR_DATA_LENGTH, POINTER, POINTER, POINTER);
  private static final MethodHandle CONTENT =
      OnnxApi.function(GET_STRING_TENSOR_CONTENT, POINTER, POINTER, POINTER, SIZE, POINTER, SIZE);
  private static final MethodHandle RESIZED_BUFFER =
      OnnxApi.function(
          GET_RESIZED_STRING_TENSOR_ELEMENT_BUFFER, POINTER, POINTER, SIZE, SIZE, POINTER);

  private OnnxStrings() {}

  private static VarHandle tensorHandle() {
    try {
      return MethodHandles.privateLookupIn(OnnxTensor.class, MethodHandles.lookup())
          .findVarHandle(OnnxTensor.class, "nativeHandle", long.class);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("ONNX Runtime keeps the address of a tensor elsewhere", e);
    }
  }

  /** A tensor of these elements; the caller closes it. */
  static OnnxTensor tensor(OrtEnvironment environment, List<ByteString> elements, long[] shape)
      throws OrtException {
    String[] blanks = new String[elements.size()];
    Arrays.fill(blanks, "");
    OnnxTensor tensor = OnnxTensor.createTensor(environment, blanks, shape);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = value(tensor);
      MemorySegment buffer = arena.allocate(POINTER);
      for (int i = 0; i < elements.size(); i++) {
        ByteString element = elements.get(i);
        OnnxApi.check(
            (MemorySegment) RESIZED_BUFFER.invokeExact(value, (long) i, size(element), buffer));
        element.copyTo(buffer.get(POINTER, 0).reinterpret(element.size()).asByteBuffer());
      }
      return tensor;
    } catch (Throwable e) {
      tensor.close();
      throw OnnxApi.known(e);
    }
  }

  private static long size(ByteString element) {
    return element.size();
  }

  /** The elements of a tensor, copied out of it. */
  static List<ByteString> elements(OnnxTensor tensor, int count) throws OrtException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = value(tensor);
      MemorySegment length = arena.allocate(SIZE);
      OnnxApi.check((MemorySegment) DATA_LENGTH.invokeExact(value, length));
      long bytes = length.get(SIZE, 0);
      MemorySegment content = arena.allocate(Math.max(1, bytes));
      MemorySegment starts = arena.allocate(SIZE, count);
      OnnxApi.check(
          (MemorySegment) CONTENT.invokeExact(value, content, bytes, starts, (long) count));
      ByteString all = ByteString.copyFrom(content.asSlice(0, bytes).asByteBuffer());
      List<ByteString> elements = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        long end = i + 1 < count ? starts.getAtIndex(SIZE, i + 1) : bytes;
        elements.add(all.substring((int) starts.getAtIndex(SIZE, i), Math.toIntExact(end)));
      }
      return elements;
    } catch (Throwable e) {
      throw OnnxApi.known(e);
    }
  }

  private static MemorySegment value(OnnxTensor tensor) {
    return MemorySegment.ofAddress((long) TENSOR.get(tensor));
  }
}
