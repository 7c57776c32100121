package io.trawl.workers.client;

import java.util.List;

/**
 * What a server says of itself.
 *
 * @param extensions names of the protocol's extensions it speaks; look before using one
 */
public record ServerMetadata(String name, String version, List<String> extensions) {

  public ServerMetadata {
    extensions = List.copyOf(extensions);
  }
}
