package io.trawl.domain;

/**
 * What a request may hold by default, and so what the data of a space may hold: its items, sample
 * users and golden requests are sent as requests. The trainer holds its data against the same
 * numbers, in {@code triton-models/trawl_models/bounds.py}.
 */
public final class RequestBounds {

  /** The end of the year 9999, in seconds since 1970. */
  public static final long MAX_TIME_S = 253_402_300_799L;

  /** UTF-16 characters of an id or a name: user, item, action, objective, attribute. */
  public static final int MAX_ID_CHARS = 256;

  /** UTF-16 characters of an objective's text, and of a profile's key or value. */
  public static final int MAX_TEXT_CHARS = 1024;

  /** Behaviours of a history. */
  public static final int MAX_HISTORY = 2000;

  public static final int MAX_PROFILE_ENTRIES = 64;

  /** What is expected where {@link #isTime} is false. */
  public static final String EXPECTED_TIME = "whole seconds since 1970, 0 to " + MAX_TIME_S;

  private RequestBounds() {}

  /** Whether every half of a surrogate pair has its other half: only such text can be UTF-8. */
  public static boolean isWholeText(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }

  public static boolean isTime(long seconds) {
    return seconds >= 0 && seconds <= MAX_TIME_S;
  }

  /** Says of a number that is no time what it is, milliseconds by their name. */
  public static String foundTime(long number) {
    var millis = number > MAX_TIME_S && number <= 1000 * MAX_TIME_S;
    return "is " + number + (millis ? ", which looks like milliseconds" : "");
  }
}
