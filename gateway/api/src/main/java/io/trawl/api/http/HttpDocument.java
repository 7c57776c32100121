package io.trawl.api.http;

/**
 * What the HTTP port says of itself, made once and served as it is.
 *
 * @param name in metrics
 * @param comment what it is, for a person
 */
public record HttpDocument(
    String path, String name, String contentType, String comment, byte[] bytes) {

  /** The same, once it is made. */
  public HttpDocument with(byte[] made) {
    return new HttpDocument(path, name, contentType, comment, made);
  }
}
