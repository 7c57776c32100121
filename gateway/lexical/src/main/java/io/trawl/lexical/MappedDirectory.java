package io.trawl.lexical;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.apache.lucene.store.BaseDirectory;
import org.apache.lucene.store.ByteBuffersDataInput;
import org.apache.lucene.store.ByteBuffersIndexInput;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.store.NoLockFactory;

/**
 * An index in memory that somebody else has mapped, to be read alone. Lucene would map the files by
 * itself: then what it reads would not be what was held against the checksums.
 */
final class MappedDirectory extends BaseDirectory {

  /** A buffer has no more than an int says; all but the last must have one power of two. */
  private static final long BLOCK_BYTES = 1L << 30;

  private final SortedMap<String, MemorySegment> files;

  MappedDirectory(SortedMap<String, MemorySegment> files) {
    super(NoLockFactory.INSTANCE);
    this.files = files;
  }

  @Override
  public String[] listAll() {
    return files.keySet().toArray(String[]::new);
  }

  @Override
  public long fileLength(String name) throws IOException {
    return file(name).byteSize();
  }

  @Override
  public IndexInput openInput(String name, IOContext context) throws IOException {
    return new ByteBuffersIndexInput(new ByteBuffersDataInput(blocks(file(name))), name);
  }

  private MemorySegment file(String name) throws IOException {
    var file = files.get(name);
    if (file == null) {
      throw new FileNotFoundException(name);
    }
    return file;
  }

  private static List<ByteBuffer> blocks(MemorySegment file) {
    var blocks = new ArrayList<ByteBuffer>();
    var at = 0L;
    do {
      var length = Math.min(BLOCK_BYTES, file.byteSize() - at);
      blocks.add(file.asSlice(at, length).asByteBuffer());
      at += length;
    } while (at < file.byteSize());
    return blocks;
  }

  @Override
  public Set<String> getPendingDeletions() {
    return Set.of();
  }

  @Override
  public void close() {
    isOpen = false;
  }

  @Override
  public IndexOutput createOutput(String name, IOContext context) {
    throw readOnly();
  }

  @Override
  public IndexOutput createTempOutput(String prefix, String suffix, IOContext context) {
    throw readOnly();
  }

  @Override
  public void deleteFile(String name) {
    throw readOnly();
  }

  @Override
  public void rename(String source, String target) {
    throw readOnly();
  }

  @Override
  public void sync(Collection<String> names) {
    throw readOnly();
  }

  @Override
  public void syncMetaData() {
    throw readOnly();
  }

  private static UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException("the index of a space is only read");
  }
}
