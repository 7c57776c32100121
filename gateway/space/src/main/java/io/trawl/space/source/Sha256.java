package io.trawl.space.source;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The checksum that a manifest gives of each file. */
public final class Sha256 {

  private Sha256() {}

  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
