package io.trawl.workers.server.repository;

import com.google.protobuf.ByteString;
import io.trawl.workers.process.FileTree;
import io.trawl.workers.process.IoReason;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model folder made of the contents of a load call, there until the model is open. */
final class StagedFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StagedFiles.class);

  private final Path directory;

  private StagedFiles(Path directory) {
    this.directory = directory;
  }

  /**
   * @param files contents by relative path, which was checked
   */
  static StagedFiles write(Map<String, ByteString> files) throws ConfigException {
    try {
      StagedFiles staged = new StagedFiles(Files.createTempDirectory("trawl-model-"));
      try {
        for (Map.Entry<String, ByteString> file : files.entrySet()) {
          staged.write(file.getKey(), file.getValue());
        }
        return staged;
      } catch (IOException e) {
        staged.close();
        throw e;
      }
    } catch (IOException e) {
      throw new ConfigException("files of the load call cannot be staged: " + IoReason.of(e), e);
    }
  }

  private void write(String relative, ByteString content) throws IOException {
    Path file = directory.resolve(relative);
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    try (OutputStream out = Files.newOutputStream(file)) {
      content.writeTo(out);
    }
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() {
    try {
      FileTree.delete(directory);
    } catch (IOException e) {
      LOG.warn("staged files in {} were not deleted: {}", directory, IoReason.sentence(e));
    }
  }
}
