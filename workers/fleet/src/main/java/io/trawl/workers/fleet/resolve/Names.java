package io.trawl.workers.fleet.resolve;

import java.util.regex.Pattern;

/** What a name in the DNS looks like. */
final class Names {

  private static final String LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";

  static final Pattern DNS = Pattern.compile(LABEL + "(\\." + LABEL + ")*");

  private Names() {}
}
