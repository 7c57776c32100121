package io.trawl.api.check;

import java.util.regex.Pattern;

/** What may name a request: it goes into headers and log lines as it is. */
public final class RequestIds {

  public static final String HEADER = "x-request-id";

  public static final int MAX_CHARS = 128;

  /** As JSON Schema takes it, for a field that may be empty. */
  public static final String PATTERN_OR_EMPTY = "^[A-Za-z0-9._:/+=@-]*$";

  private static final Pattern VALID = Pattern.compile("[A-Za-z0-9._:/+=@-]{1," + MAX_CHARS + "}");

  private RequestIds() {}

  public static boolean valid(String id) {
    return VALID.matcher(id).matches();
  }

  public static String whyInvalid(String id) {
    return "is "
        + Violations.quote(id)
        + "; expected 1 to 128 of the characters A-Z a-z 0-9 . _ : / + = @ -";
  }
}
