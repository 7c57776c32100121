package io.trawl.milvus.neighbours;

import java.util.regex.Pattern;

/**
 * What a server can do, told by its version.
 *
 * @param version as the server says it
 * @param filterTemplates a filter may name its values and get them beside the text (from 2.5)
 * @param searchByIds a search may name entities instead of vectors (from 2.6)
 * @param allFieldsByDefault a search that names no fields gets all of them, vectors included
 *     (milvus-lite)
 */
public record MilvusCapabilities(
    String version, boolean filterTemplates, boolean searchByIds, boolean allFieldsByDefault) {

  /** Of a server that was never reached. */
  static final MilvusCapabilities NONE = new MilvusCapabilities("", false, false, false);

  /** Milvus proper; milvus-lite has a numbering of its own and neither of the two. */
  private static final Pattern VERSION = Pattern.compile("v?(\\d+)\\.(\\d+).*");

  static MilvusCapabilities of(String version) {
    var parts = VERSION.matcher(version);
    if (!parts.matches()) {
      return new MilvusCapabilities(version, false, false, version.contains("lite"));
    }
    var major = Integer.parseInt(parts.group(1));
    var minor = Integer.parseInt(parts.group(2));
    return new MilvusCapabilities(
        version, atLeast(major, minor, 2, 5), atLeast(major, minor, 2, 6), false);
  }

  private static boolean atLeast(int major, int minor, int thanMajor, int thanMinor) {
    return major > thanMajor || (major == thanMajor && minor >= thanMinor);
  }
}
