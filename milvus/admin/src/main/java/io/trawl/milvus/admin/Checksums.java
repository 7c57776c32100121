package io.trawl.milvus.admin;

/** Checksums for people. */
public final class Checksums {
  private static final int BRIEF = 12;

  private Checksums() {}

  /** Its first characters: enough to tell two apart. */
  public static String brief(String checksum) {
    return checksum.isEmpty() ? "none" : checksum.substring(0, Math.min(BRIEF, checksum.length()));
  }
}
