package io.trawl.workers.process;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;

/** The same buffers; where there is no memory for one, the process ends. */
final class WatchedAllocator implements ByteBufAllocator {

  private final ByteBufAllocator allocator;

  WatchedAllocator(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  private static OutOfMemoryError ended(OutOfMemoryError found) {
    OutOfMemory.endIfOut(found);
    return found;
  }

  @Override
  public ByteBuf buffer() {
    try {
      return allocator.buffer();
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf buffer(int initial) {
    try {
      return allocator.buffer(initial);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf buffer(int initial, int most) {
    try {
      return allocator.buffer(initial, most);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf ioBuffer() {
    try {
      return allocator.ioBuffer();
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf ioBuffer(int initial) {
    try {
      return allocator.ioBuffer(initial);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf ioBuffer(int initial, int most) {
    try {
      return allocator.ioBuffer(initial, most);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf heapBuffer() {
    try {
      return allocator.heapBuffer();
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf heapBuffer(int initial) {
    try {
      return allocator.heapBuffer(initial);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf heapBuffer(int initial, int most) {
    try {
      return allocator.heapBuffer(initial, most);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf directBuffer() {
    try {
      return allocator.directBuffer();
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf directBuffer(int initial) {
    try {
      return allocator.directBuffer(initial);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public ByteBuf directBuffer(int initial, int most) {
    try {
      return allocator.directBuffer(initial, most);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public CompositeByteBuf compositeBuffer() {
    try {
      return allocator.compositeBuffer();
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public CompositeByteBuf compositeBuffer(int most) {
    try {
      return allocator.compositeBuffer(most);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public CompositeByteBuf compositeHeapBuffer() {
    try {
      return allocator.compositeHeapBuffer();
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public CompositeByteBuf compositeHeapBuffer(int most) {
    try {
      return allocator.compositeHeapBuffer(most);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public CompositeByteBuf compositeDirectBuffer() {
    try {
      return allocator.compositeDirectBuffer();
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
  }

  @Override
  public CompositeByteBuf compositeDirectBuffer(int most) {
    try {
      return allocator.compositeDirectBuffer(most);
    } catch (OutOfMemoryError found) {
      throw ended(found);
    }
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
