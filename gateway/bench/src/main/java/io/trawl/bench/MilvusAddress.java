package io.trawl.bench;

import io.trawl.app.config.HostPort;
import picocli.CommandLine.Option;

/** The Milvus that is measured. */
final class MilvusAddress {

  @Option(
      names = "--milvus",
      converter = HostPort.class,
      paramLabel = "HOST:PORT",
      defaultValue = "${env:TRAWL_MILVUS:-127.0.0.1:19530}",
      description = "where it answers (${DEFAULT-VALUE})")
  String endpoint = "";
}
