package io.trawl.app.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Scheme, host and port of a server, as one option of the command line; the port is always set. */
public final class HttpAddress implements ITypeConverter<URI> {

  private static final String UNIX = "unix:";
  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  @Override
  public URI convert(String value) {
    return read(value).orElseThrow(() -> refused(value, "http://HOST:PORT"));
  }

  /** The same, or {@code unix:PATH}. */
  public static final class OrSocket implements ITypeConverter<URI> {
    @Override
    public URI convert(String value) {
      return (value.startsWith(UNIX) ? socket(value) : read(value))
          .orElseThrow(() -> refused(value, "http://HOST:PORT or unix:/PATH"));
    }
  }

  private static Optional<URI> socket(String value) {
    try {
      return Optional.of(new URI(value)).filter(given -> given.getPath() != null);
    } catch (URISyntaxException _) {
      return Optional.empty();
    }
  }

  private static Optional<URI> read(String value) {
    try {
      var given = new URI(value);
      if (isAddress(given)) {
        int port = given.getPort() == -1 ? usual(given.getScheme()) : given.getPort();
        return Optional.of(
            new URI(given.getScheme(), null, given.getHost(), port, null, null, null));
      }
    } catch (URISyntaxException _) {
      // As what is no address.
    }
    return Optional.empty();
  }

  private static TypeConversionException refused(String value, String expected) {
    return new TypeConversionException(
        "'%s' is no address of a server; expected %s".formatted(value, expected));
  }

  private static boolean isAddress(URI given) {
    return ("http".equalsIgnoreCase(given.getScheme())
            || "https".equalsIgnoreCase(given.getScheme()))
        && given.getHost() != null
        && given.getUserInfo() == null
        && (given.getPath().isEmpty() || given.getPath().equals("/"))
        && given.getQuery() == null
        && given.getFragment() == null
        && given.getPort() != 0
        && given.getPort() <= PortNumber.HIGHEST;
  }

  private static int usual(String scheme) {
    return scheme.equalsIgnoreCase("https") ? HTTPS : HTTP;
  }
}
