package io.trawl.workers.server.run;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The memory that runs of all sessions of this process share, and its bound: what a run needs
 * beyond it fails that run alone. The Java interface can share no allocator between sessions, nor
 * bound one; so it is registered by the C interface, once, with ONNX Runtime's environment, of
 * which a process has one. Weights are not in it.
 */
final class OnnxMemory {
  private static final int CREATE_CPU_MEMORY_INFO = 69;
  private static final int RELEASE_MEMORY_INFO = 94;
  private static final int CREATE_AND_REGISTER_ALLOCATOR = 144;
  private static final int RELEASE_ARENA_CONFIG = 157;
  private static final int CREATE_ARENA_CONFIG = 164;

  /** {@code OrtArenaAllocator}. */
  private static final int ARENA = 1;

  /** {@code OrtMemTypeDefault}. */
  private static final int DEFAULT = 0;

  private static final AddressLayout POINTER = ValueLayout.ADDRESS;
  private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;
  private static final ValueLayout.OfInt ENUM = ValueLayout.JAVA_INT;

  private static @Nullable Long limit;

  private OnnxMemory() {}

  /**
   * Registers the allocator, if that is not done.
   *
   * @return the bound in bytes, which is that of the first call
   */
  static synchronized long bounded(OrtEnvironment environment, long bytes) throws OrtException {
    Long before = limit;
    if (before != null) {
      return before;
    }
    register(environment, bytes);
    limit = bytes;
    return bytes;
  }

  private static void register(OrtEnvironment environment, long bytes) throws OrtException {
    MethodHandle memoryInfo =
        OnnxApi.function(CREATE_CPU_MEMORY_INFO, POINTER, ENUM, ENUM, POINTER);
    MethodHandle arenaConfig =
        OnnxApi.function(CREATE_ARENA_CONFIG, POINTER, POINTER, POINTER, SIZE, POINTER);
    MethodHandle allocator =
        OnnxApi.function(CREATE_AND_REGISTER_ALLOCATOR, POINTER, POINTER, POINTER, POINTER);
    MethodHandle releaseInfo = OnnxApi.release(RELEASE_MEMORY_INFO);
    MethodHandle releaseConfig = OnnxApi.release(RELEASE_ARENA_CONFIG);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(POINTER);
      OnnxApi.check((MemorySegment) memoryInfo.invokeExact(ARENA, DEFAULT, info));
      MemorySegment keys = arena.allocate(POINTER);
      keys.set(POINTER, 0, arena.allocateFrom("max_mem"));
      MemorySegment values = arena.allocateFrom(SIZE, bytes);
      MemorySegment config = arena.allocate(POINTER);
      OnnxApi.check((MemorySegment) arenaConfig.invokeExact(keys, values, 1L, config));
      MemorySegment of = MemorySegment.ofAddress(handle(environment));
      OnnxApi.check(
          (MemorySegment) allocator.invokeExact(of, info.get(POINTER, 0), config.get(POINTER, 0)));
      releaseConfig.invokeExact(config.get(POINTER, 0));
      releaseInfo.invokeExact(info.get(POINTER, 0));
    } catch (Throwable e) {
      throw OnnxApi.known(e);
    }
  }

  private static long handle(OrtEnvironment environment) throws ReflectiveOperationException {
    VarHandle handle =
        MethodHandles.privateLookupIn(OrtEnvironment.class, MethodHandles.lookup())
            .findVarHandle(OrtEnvironment.class, "nativeHandle", long.class);
    return (long) handle.get(environment);
  }
}
