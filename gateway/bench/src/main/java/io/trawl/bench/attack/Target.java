package io.trawl.bench.attack;

import io.trawl.space.Space;
import io.trawl.space.Verification;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * What is attacked, on this machine.
 *
 * @param gateway its process, where it is known
 * @param worker likewise
 * @param space that it serves, a copy where an attack damages it
 */
record Target(
    GatewayPorts gatewayPorts,
    WorkerPorts workerPorts,
    OptionalLong gateway,
    OptionalLong worker,
    Path space) {

  record GatewayPorts(int http, int grpc, int admin) {}

  record WorkerPorts(int http, int grpc, int metrics) {}

  int http() {
    return gatewayPorts.http();
  }

  int grpc() {
    return gatewayPorts.grpc();
  }

  int admin() {
    return gatewayPorts.admin();
  }

  int workerHttp() {
    return workerPorts.http();
  }

  int workerGrpc() {
    return workerPorts.grpc();
  }

  /** E, as wide as an item is in what its backbone reads. */
  int embeddingWidth() {
    try (var opened = Space.openWithoutVectors(space, Verification.SIZES)) {
      return opened.itemEmbeddings().width();
    }
  }
}
