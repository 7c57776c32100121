package io.trawl.api.check;

import io.trawl.domain.Violation;
import io.trawl.workers.tensors.Quoted;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with one request, up to a bound; what comes after is not looked at in detail. */
public final class Violations {

  /** Longest piece of a caller's own value that is quoted back. */
  private static final int QUOTED_CHARS = 60;

  private final int bound;
  private final List<Violation> found = new ArrayList<>(2);

  public Violations(int bound) {
    this.bound = bound;
  }

  /** False, for a check to return. */
  public boolean add(Path field, String why) {
    if (!full()) {
      found.add(new Violation(field.toString(), why));
    }
    return false;
  }

  boolean within(Path field, long value, long least, long most) {
    return (value >= least && value <= most)
        || add(field, "is " + value + "; expected " + least + " to " + most);
  }

  boolean size(Path field, int size, int least, int most, String what) {
    if (size < least) {
      return add(field, "is empty; expected " + least + " to " + most + " " + what);
    }
    return size <= most || add(field, "has " + size + " " + what + "; expected at most " + most);
  }

  public boolean full() {
    return found.size() >= bound;
  }

  public boolean none() {
    return found.isEmpty();
  }

  public List<Violation> list() {
    return List.copyOf(found);
  }

  /** A caller's text in quotes, shortened, without control characters. */
  public static String quote(String text) {
    return quote(text, QUOTED_CHARS);
  }

  public static String quote(String text, int mostChars) {
    return Quoted.of(text, mostChars);
  }
}
