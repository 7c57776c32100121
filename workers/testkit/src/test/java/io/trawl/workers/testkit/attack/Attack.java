package io.trawl.workers.testkit.attack;

import java.util.Base64;

/** Bytes for a connection, printed so that a failing try can be sent again. */
public record Attack(byte[] bytes) {

  /** What {@link #toString} printed. */
  public static Attack of(String base64) {
    return new Attack(Base64.getDecoder().decode(base64));
  }

  @Override
  public String toString() {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
