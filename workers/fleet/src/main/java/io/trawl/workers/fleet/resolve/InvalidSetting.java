package io.trawl.workers.fleet.resolve;

/** A setting that cannot be followed. */
public final class InvalidSetting extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  private final String field;
  private final String value;
  private final String expected;

  /** Of one field, whose value is told beside what was expected of it. */
  public InvalidSetting(String field, Object value, String expected) {
    super("%s: %s (expected %s)".formatted(field, value, expected));
    this.field = field;
    this.value = value.toString();
    this.expected = expected;
  }

  public String field() {
    return field;
  }

  public String value() {
    return value;
  }

  public String expected() {
    return expected;
  }
}
