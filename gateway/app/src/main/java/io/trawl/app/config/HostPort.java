package io.trawl.app.config;

import io.trawl.workers.client.Endpoint;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code HOST:PORT} as one option of the command line. */
public final class HostPort implements ITypeConverter<String> {

  @Override
  public String convert(String value) {
    try {
      return Endpoint.parse(value).toString();
    } catch (IllegalArgumentException _) {
      throw new TypeConversionException(
          "'%s' is no address; expected HOST:PORT, an IPv6 address in brackets".formatted(value));
    }
  }
}
