package io.trawl.workers.server.run;

import ai.onnxruntime.OrtException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;

/**
 * ONNX Runtime's C interface, on which the Java one rests, for what that does not show. Its
 * functions are a table, {@code OrtApi}, that only ever grows at its end: positions stay what they
 * are. The table's address is a field of the Java interface that it does not show either.
 */
final class OnnxApi {
  private static final int GET_ERROR_MESSAGE = 2;
  private static final int RELEASE_STATUS = 93;

  /** Beyond the last position that is used. */
  private static final int FUNCTIONS = 253;

  private static final AddressLayout POINTER = ValueLayout.ADDRESS;
  private static final MemorySegment API = api();
  private static final MethodHandle ERROR_MESSAGE = function(GET_ERROR_MESSAGE, POINTER, POINTER);
  private static final MethodHandle RELEASE = release(RELEASE_STATUS);

  private OnnxApi() {}

  private static MemorySegment api() {
    try {
      Field api = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("ortApiHandle");
      api.setAccessible(true);
      return MemorySegment.ofAddress(api.getLong(null)).reinterpret(FUNCTIONS * POINTER.byteSize());
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("ONNX Runtime keeps the address of its C interface elsewhere", e);
    }
  }

  private static MemorySegment address(int position) {
    return API.getAtIndex(POINTER, position);
  }

  static MethodHandle function(int position, MemoryLayout result, MemoryLayout... taken) {
    return Linker.nativeLinker()
        .downcallHandle(address(position), FunctionDescriptor.of(result, taken));
  }

  /** A function that gives one object back. */
  static MethodHandle release(int position) {
    return Linker.nativeLinker()
        .downcallHandle(address(position), FunctionDescriptor.ofVoid(POINTER));
  }

  static void check(MemorySegment status) throws Throwable {
    if (status.address() != 0) {
      var text = (MemorySegment) ERROR_MESSAGE.invokeExact(status);
      String message = text.reinterpret(Long.MAX_VALUE).getString(0);
      RELEASE.invokeExact(status);
      throw new OrtException(message);
    }
  }

  /** What a method handle may throw, as what the functions behind it do. */
  static OrtException known(Throwable e) {
    return switch (e) {
      case OrtException failed -> failed;
      case RuntimeException bug -> throw bug;
      case Error bug -> throw bug;
      default -> throw new IllegalStateException(e);
    };
  }
}
