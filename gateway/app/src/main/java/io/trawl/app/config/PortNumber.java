package io.trawl.app.config;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A port as one option of the command line. */
public final class PortNumber {

  static final int HIGHEST = 65_535;

  private PortNumber() {}

  /** To listen on; 0 picks a free one. */
  public static final class OrFree implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      return read(value, 0);
    }
  }

  /** Where somebody listens. */
  public static final class Called implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      return read(value, 1);
    }
  }

  private static int read(String value, int lowest) {
    try {
      int port = Integer.parseInt(value);
      if (port >= lowest && port <= HIGHEST) {
        return port;
      }
    } catch (NumberFormatException _) {
      // As what is out of range.
    }
    throw new TypeConversionException(
        "'%s' is no port; expected %d to %d".formatted(value, lowest, HIGHEST));
  }
}
