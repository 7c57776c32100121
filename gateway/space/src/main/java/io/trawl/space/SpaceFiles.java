package io.trawl.space;

import io.trawl.space.manifest.Manifest.FileEntry;
import io.trawl.space.manifest.ManifestReader;
import io.trawl.space.source.Sha256;
import io.trawl.space.source.SpaceRefused;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;

/** The files of a space: checks them against the manifest and maps them into memory. */
final class SpaceFiles {

  private static final int MAX_MANIFEST_BYTES = 16 << 20;
  private static final int HASH_BUFFER_BYTES = 1 << 20;

  private final Path root;
  private final Map<String, FileEntry> files;
  private final Set<String> without;
  private final List<Mapped> mapped = new ArrayList<>();

  /** A file as it is read from: its map, and not what stands in its place on disk by now. */
  private record Mapped(String name, MemorySegment bytes, String sha256) {}

  private SpaceFiles(Path root, Map<String, FileEntry> files, Set<String> without) {
    this.root = root;
    this.files = files;
    this.without = without;
  }

  static String manifest(Path root) {
    var path = root.resolve(ManifestReader.FILE);
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new SpaceRefused(ManifestReader.FILE, "no such file in " + root, "a space's manifest");
    }
    try {
      var bytes = Files.size(path);
      if (bytes > MAX_MANIFEST_BYTES) {
        throw new SpaceRefused(
            ManifestReader.FILE, "has " + bytes + " bytes", "at most " + MAX_MANIFEST_BYTES);
      }
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(Files.readAllBytes(path)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new SpaceRefused(ManifestReader.FILE, "is not UTF-8", "UTF-8 text");
    } catch (IOException e) {
      throw unreadable(ManifestReader.FILE, e);
    }
  }

  /**
   * Checks every listed file; afterwards paths and sizes hold, and checksums if asked.
   *
   * @param without files that will not be used, and need not be there
   */
  static SpaceFiles verified(
      Path root, Map<String, FileEntry> files, Set<String> without, Verification verification) {
    var checked = new SpaceFiles(root, files, without);
    var used = new LinkedHashMap<>(files);
    used.keySet().removeAll(without);
    // All sizes before the first checksum: a truncated copy is told in milliseconds.
    used.forEach(checked::checkSize);
    if (verification == Verification.CHECKSUMS) {
      used.forEach(checked::checkSum);
    }
    return checked;
  }

  boolean mayUse(String name) {
    return !without.contains(name);
  }

  void require(String name) {
    if (!files.containsKey(name)) {
      throw new SpaceRefused(ManifestReader.FILE, "files does not list " + name, "it to be listed");
    }
  }

  boolean lists(String name) {
    return files.containsKey(name);
  }

  /** What is listed in a folder, by the rest of its path. */
  List<String> in(String folder) {
    return files.keySet().stream()
        .filter(name -> name.startsWith(folder + "/"))
        .map(name -> name.substring(folder.length() + 1))
        .toList();
  }

  Path path(String name) {
    return root.resolve(name);
  }

  MemorySegment map(String name, Arena arena) {
    require(name);
    try (var channel = FileChannel.open(path(name))) {
      // The listed size, not the present one: a file that grew since it was checked stays as it
      // was.
      var entry = listed(name);
      var bytes = channel.map(MapMode.READ_ONLY, 0, entry.bytes(), arena);
      mapped.add(new Mapped(name, bytes, entry.sha256()));
      return bytes;
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /**
   * Holds every map against its file's checksum once more.
   *
   * @param afterPiece told the bytes of each piece that was read
   * @return the first file that is not what it was, and how; empty when all are
   */
  Optional<String> altered(IntConsumer afterPiece) {
    var buffer = new byte[HASH_BUFFER_BYTES];
    for (var file : mapped) {
      var found = sha256(file, buffer, afterPiece);
      if (!found.equals(file.sha256())) {
        return Optional.of(
            "%s has the SHA-256 %s; expected %s, as when it was opened"
                .formatted(file.name(), found, file.sha256()));
      }
    }
    return Optional.empty();
  }

  private static String sha256(Mapped file, byte[] buffer, IntConsumer afterPiece) {
    var digest = Sha256.digest();
    for (var at = 0L; at < file.bytes().byteSize(); at += buffer.length) {
      var length = (int) Math.min(buffer.length, file.bytes().byteSize() - at);
      MemorySegment.copy(file.bytes(), ValueLayout.JAVA_BYTE, at, buffer, 0, length);
      MemoryFault.throwPending();
      digest.update(buffer, 0, length);
      afterPiece.accept(length);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private FileEntry listed(String name) {
    var entry = files.get(name);
    if (entry == null) {
      throw new IllegalArgumentException(name + " is not listed");
    }
    return entry;
  }

  private void checkSize(String name, FileEntry entry) {
    var path = withoutLinks(name);
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new SpaceRefused(name, "no such file", "the file that is listed");
    }
    try {
      var bytes = Files.size(path);
      if (bytes != entry.bytes()) {
        throw new SpaceRefused(
            name, "has " + bytes + " bytes", entry.bytes() + ", as the manifest says");
      }
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** The file's path, which may neither leave the space nor pass a symbolic link on its way. */
  private Path withoutLinks(String name) {
    var path = root;
    for (var part : name.split("/", -1)) {
      if (part.isEmpty()
          || part.equals(".")
          || part.equals("..")
          || part.contains("\\")
          || part.indexOf('\0') >= 0) {
        throw new SpaceRefused(
            ManifestReader.FILE,
            "files lists the path \"" + name + "\"",
            "names joined by /, relative to the space");
      }
      path = path.resolve(part);
      if (Files.isSymbolicLink(path)) {
        throw new SpaceRefused(
            name,
            "is reached over the symbolic link " + root.relativize(path),
            "a file of the space's own");
      }
    }
    if (name.equals(ManifestReader.FILE)) {
      throw new SpaceRefused(
          ManifestReader.FILE, "files lists the manifest itself", "only the others");
    }
    return path;
  }

  private void checkSum(String name, FileEntry entry) {
    var found = sha256(name);
    if (!found.equals(entry.sha256())) {
      throw new SpaceRefused(
          name, "has the SHA-256 " + found, entry.sha256() + ", as the manifest says");
    }
  }

  static String sha256Of(String text) {
    return HexFormat.of().formatHex(Sha256.digest().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private String sha256(String name) {
    try (var channel = FileChannel.open(path(name))) {
      var digest = Sha256.digest();
      var buffer = ByteBuffer.allocateDirect(HASH_BUFFER_BYTES);
      while (channel.read(buffer) >= 0) {
        digest.update(buffer.flip());
        buffer.clear();
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** That it was there a moment ago, and is a file, is known. */
  static SpaceRefused unreadable(String name, IOException e) {
    var why =
        switch (e) {
          case AccessDeniedException _ -> "access is denied";
          case NoSuchFileException _ -> "it is gone";
          default -> e.getMessage();
        };
    return new SpaceRefused(name, "cannot be read: " + why, "a readable file");
  }
}
