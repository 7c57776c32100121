package io.trawl.workers.process;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.util.function.Supplier;

/** The same buffers; where there is no memory for one, the process ends. */
final class WatchedAllocator implements ByteBufAllocator {

  private final ByteBufAllocator allocator;

  WatchedAllocator(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  private static <B> B watched(Supplier<B> allocation) {
    try {
      return allocation.get();
    } catch (OutOfMemoryError found) {
      OutOfMemory.endIfOut(found);
      throw found;
    }
  }

  @Override
  public ByteBuf buffer() {
    return watched(allocator::buffer);
  }

  @Override
  public ByteBuf buffer(int initial) {
    return watched(() -> allocator.buffer(initial));
  }

  @Override
  public ByteBuf buffer(int initial, int most) {
    return watched(() -> allocator.buffer(initial, most));
  }

  @Override
  public ByteBuf ioBuffer() {
    return watched(allocator::ioBuffer);
  }

  @Override
  public ByteBuf ioBuffer(int initial) {
    return watched(() -> allocator.ioBuffer(initial));
  }

  @Override
  public ByteBuf ioBuffer(int initial, int most) {
    return watched(() -> allocator.ioBuffer(initial, most));
  }

  @Override
  public ByteBuf heapBuffer() {
    return watched(allocator::heapBuffer);
  }

  @Override
  public ByteBuf heapBuffer(int initial) {
    return watched(() -> allocator.heapBuffer(initial));
  }

  @Override
  public ByteBuf heapBuffer(int initial, int most) {
    return watched(() -> allocator.heapBuffer(initial, most));
  }

  @Override
  public ByteBuf directBuffer() {
    return watched(allocator::directBuffer);
  }

  @Override
  public ByteBuf directBuffer(int initial) {
    return watched(() -> allocator.directBuffer(initial));
  }

  @Override
  public ByteBuf directBuffer(int initial, int most) {
    return watched(() -> allocator.directBuffer(initial, most));
  }

  @Override
  public CompositeByteBuf compositeBuffer() {
    return watched(allocator::compositeBuffer);
  }

  @Override
  public CompositeByteBuf compositeBuffer(int most) {
    return watched(() -> allocator.compositeBuffer(most));
  }

  @Override
  public CompositeByteBuf compositeHeapBuffer() {
    return watched(allocator::compositeHeapBuffer);
  }

  @Override
  public CompositeByteBuf compositeHeapBuffer(int most) {
    return watched(() -> allocator.compositeHeapBuffer(most));
  }

  @Override
  public CompositeByteBuf compositeDirectBuffer() {
    return watched(allocator::compositeDirectBuffer);
  }

  @Override
  public CompositeByteBuf compositeDirectBuffer(int most) {
    return watched(() -> allocator.compositeDirectBuffer(most));
  }

  @Override
  public boolean isDirectBufferPooled() {
    return allocator.isDirectBufferPooled();
  }

  @Override
  public int calculateNewCapacity(int least, int most) {
    return allocator.calculateNewCapacity(least, most);
  }
}
