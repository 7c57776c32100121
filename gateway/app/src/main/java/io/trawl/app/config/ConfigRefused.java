package io.trawl.app.config;

/** The configuration is wrong; the message names key, value and what was expected. */
public final class ConfigRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigRefused(String message) {
    super(message);
  }
}
