package io.trawl.api.check;

/** The checks that every field's bound comes down to, with one way of saying so. */
record Bounds(Violations violations) {

  boolean within(Path field, long value, long least, long most) {
    if (value < least || value > most) {
      violations.add(field, "is " + value + "; expected " + least + " to " + most);
      return false;
    }
    return true;
  }

  boolean text(Path field, String value, int leastChars, int mostChars) {
    if (value.length() < leastChars) {
      violations.add(field, "is empty; expected a text");
      return false;
    }
    if (value.length() > mostChars) {
      violations.add(field, "has " + value.length() + " characters; expected at most " + mostChars);
      return false;
    }
    return true;
  }

  boolean size(Path field, int size, int least, int most, String what) {
    if (size < least) {
      violations.add(field, "is empty; expected " + least + " to " + most + " " + what);
      return false;
    }
    if (size > most) {
      violations.add(field, "has " + size + " " + what + "; expected at most " + most);
      return false;
    }
    return true;
  }
}
