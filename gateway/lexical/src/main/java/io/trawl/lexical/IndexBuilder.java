package io.trawl.lexical;

import io.trawl.space.catalogue.Catalogue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.SegmentInfoFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.SegmentInfo;
import org.apache.lucene.index.SegmentInfos;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;

/**
 * Makes the files of a lexical index: one document per item, in the order of the ordinals, whose
 * one field is the title and all attributes that are text.
 */
public final class IndexBuilder {

  // The same items must give the same bytes, or two trainings with one seed were two spaces. Lucene
  // makes that hard in three ways: it names segments and commits by chance, notes the time and the
  // machine in each segment, and merges in the background. So names are replaced afterwards
  // (StableIds), notes are left out, and whatever is merged is merged by this thread, neighbours
  // with neighbours, which keeps documents in order too.

  /** By which rules the words are made; the manifest says it. */
  public static final String ANALYSIS = Words.NAME;

  static final String FIELD = "text";

  private static final int DOCUMENTS_AT_ONCE = 1 << 16;

  private static final FieldType WORDS_AND_COUNTS;

  static {
    LuceneLog.silence();
    WORDS_AND_COUNTS = new FieldType();
    WORDS_AND_COUNTS.setTokenized(true);
    WORDS_AND_COUNTS.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
    WORDS_AND_COUNTS.freeze();
  }

  private IndexBuilder() {}

  /** The files of an index over these items, by name; the same bytes for the same items. */
  public static SortedMap<String, byte[]> files(Catalogue catalogue) {
    return files(catalogue, DOCUMENTS_AT_ONCE);
  }

  /**
   * @param atOnce documents that are in memory before they become a segment
   */
  static SortedMap<String, byte[]> files(Catalogue catalogue, int atOnce) {
    try (var directory = new ByteBuffersDirectory()) {
      write(catalogue, directory, atOnce);
      var files = new TreeMap<String, byte[]>();
      for (var name : directory.listAll()) {
        files.put(name, bytes(directory, name));
      }
      StableIds.put(files, SegmentInfos.readLatestCommit(directory));
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException("an index in memory cannot be written", e);
    }
  }

  private static void write(Catalogue catalogue, Directory directory, int atOnce)
      throws IOException {
    try (var words = new Words();
        var writer = new IndexWriter(directory, config(words, atOnce))) {
      for (var ordinal = 0; ordinal < catalogue.count(); ordinal++) {
        var document = new Document();
        document.add(new Field(FIELD, Words.cleaned(catalogue.words(ordinal)), WORDS_AND_COUNTS));
        writer.addDocument(document);
      }
      writer.forceMerge(1);
      writer.commit();
    }
  }

  private static IndexWriterConfig config(Words words, int atOnce) {
    var neighbours = new LogDocMergePolicy();
    neighbours.setNoCFSRatio(0);
    return new IndexWriterConfig(words)
        .setCodec(new WithoutNotes(Codec.getDefault()))
        .setMergePolicy(neighbours)
        .setMergeScheduler(new SerialMergeScheduler())
        .setUseCompoundFile(false)
        .setMaxBufferedDocs(atOnce)
        .setRAMBufferSizeMB(IndexWriterConfig.DISABLE_AUTO_FLUSH);
  }

  private static byte[] bytes(Directory directory, String name) throws IOException {
    try (var input = directory.openInput(name, IOContext.READONCE)) {
      var bytes = new byte[Math.toIntExact(input.length())];
      input.readBytes(bytes, 0, bytes.length);
      return bytes;
    }
  }

  /** Lucene's own codec, whose segments do not say when, where and by what they were written. */
  private static final class WithoutNotes extends FilterCodec {

    WithoutNotes(Codec codec) {
      super(codec.getName(), codec);
    }

    @Override
    public SegmentInfoFormat segmentInfoFormat() {
      var format = delegate.segmentInfoFormat();
      return new SegmentInfoFormat() {
        @Override
        public SegmentInfo read(Directory from, String name, byte[] id, IOContext context)
            throws IOException {
          return format.read(from, name, id, context);
        }

        @Override
        public void write(Directory to, SegmentInfo info, IOContext context) throws IOException {
          var bare = without(info);
          format.write(to, bare, context);
          info.setFiles(bare.files());
        }
      };
    }

    private static SegmentInfo without(SegmentInfo info) {
      var bare =
          new SegmentInfo(
              info.dir,
              info.getVersion(),
              info.getMinVersion(),
              info.name,
              info.maxDoc(),
              info.getUseCompoundFile(),
              info.getHasBlocks(),
              info.getCodec(),
              Map.of(),
              info.getId(),
              info.getAttributes(),
              info.getIndexSort());
      bare.setFiles(info.files());
      return bare;
    }
  }
}
