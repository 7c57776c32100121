package io.trawl.space.catalogue;

import java.util.Locale;

/** The type of an attribute. */
public enum AttributeType {
  /** One string. */
  TEXT,
  /** Any number of strings. */
  TEXTS,
  /** A finite number. */
  NUMBER,
  /** True or false. */
  FLAG;

  /** Whether its values are strings. */
  public boolean holdsTexts() {
    return this == TEXT || this == TEXTS;
  }

  /** The type's name in {@code manifest.json}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
