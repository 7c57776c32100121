package io.trawl.space;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A lexical index as it lies in a space: bytes that are what the manifest says, which is all that
 * is known of them here.
 *
 * @param folder where it lies, for a person
 * @param analysis how titles and texts became words, by the name of the rules
 * @param files its files by name, mapped until the space is closed
 */
public record LexicalFiles(String folder, String analysis, SortedMap<String, MemorySegment> files) {

  /** An index of more files is none that was written for a space. */
  static final int MOST = 64;

  public LexicalFiles {
    Objects.requireNonNull(folder, "folder");
    Objects.requireNonNull(analysis, "analysis");
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }
}
