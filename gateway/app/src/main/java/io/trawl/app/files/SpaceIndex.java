package io.trawl.app.files;

import io.trawl.domain.Objective.TextUse;
import io.trawl.space.manifest.ManifestReader;
import io.trawl.space.source.Sha256;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts a lexical index into a space. Its folder has a name made of its bytes, so that until the
 * manifest is replaced, in one step, nothing of the space has changed; and who has the index of
 * before mapped keeps it.
 */
public final class SpaceIndex {

  private static final String KEY = "lexical";
  private static final int NAME_BYTES = 4;

  private SpaceIndex() {}

  /**
   * @param analysis how its words were made
   * @param files of the index, by name
   * @param weight what its places count; null for what the manifest says
   * @return the folder's name
   */
  public static String write(
      Path space, String analysis, SortedMap<String, byte[]> files, @Nullable Double weight)
      throws IOException {
    var manifest = space.resolve(ManifestReader.FILE);
    var said = new JsonObject(Files.readString(manifest));
    var before = said.getJsonObject(KEY, new JsonObject()).getString("folder");
    var folder = KEY + "-" + name(files);
    if (!holds(space.resolve(folder), files)) {
      writeFolder(space.resolve(folder), files);
    }
    list(said, before, folder, files);
    said.put(KEY, new JsonObject().put("folder", folder).put("analysis", analysis));
    useIt(said, weight);
    WholeFile.write(manifest, said.encodePrettily() + "\n");
    if (before != null && !before.equals(folder)) {
      delete(space.resolve(before));
    }
    return folder;
  }

  private static String name(SortedMap<String, byte[]> files) {
    var digest = Sha256.digest();
    files.forEach(
        (name, bytes) -> {
          digest.update(name.getBytes(StandardCharsets.UTF_8));
          digest.update(digest(bytes));
        });
    return HexFormat.of().formatHex(digest.digest(), 0, NAME_BYTES);
  }

  private static boolean holds(Path folder, SortedMap<String, byte[]> files) throws IOException {
    for (var file : files.entrySet()) {
      var found = folder.resolve(file.getKey());
      if (!Files.isRegularFile(found)
          || !Arrays.equals(file.getValue(), Files.readAllBytes(found))) {
        return false;
      }
    }
    return true;
  }

  private static void writeFolder(Path folder, SortedMap<String, byte[]> files) throws IOException {
    var aside = WholeFile.aside(folder);
    try {
      delete(aside);
      Files.createDirectory(aside);
      for (var file : files.entrySet()) {
        WholeFile.write(aside.resolve(file.getKey()), file.getValue());
      }
      delete(folder);
      WholeFile.move(aside, folder);
    } finally {
      delete(aside);
    }
  }

  private static void list(
      JsonObject manifest, String before, String folder, SortedMap<String, byte[]> files) {
    var listed = manifest.getJsonObject("files");
    listed.fieldNames().removeIf(name -> before != null && name.startsWith(before + "/"));
    files.forEach(
        (name, bytes) ->
            listed.put(
                folder + "/" + name,
                new JsonObject()
                    .put("bytes", bytes.length)
                    .put("sha256", HexFormat.of().formatHex(digest(bytes)))));
  }

  /** What the manifest says of an objective stays. */
  private static void useIt(JsonObject manifest, @Nullable Double weight) {
    for (var one : manifest.getJsonArray("objectives")) {
      var objective = (JsonObject) one;
      if (!objective.getString("text").equals(TextUse.NONE.label())
          && !objective.containsKey(KEY)) {
        objective.put(KEY, true);
      }
      if (weight != null && objective.getBoolean(KEY, false)) {
        objective.put("lexical_weight", weight);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (var inside = Files.walk(folder)) {
      for (var path : inside.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static byte[] digest(byte[] bytes) {
    return Sha256.digest().digest(bytes);
  }
}
