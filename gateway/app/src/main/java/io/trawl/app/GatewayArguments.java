package io.trawl.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * What every verb that starts a gateway can be told; the command line wins over file and
 * environment.
 */
final class GatewayArguments {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file; every key can also be set as TRAWL_<KEY> in the environment")
  private @Nullable Path config;

  @Option(names = "--space", paramLabel = "DIR", description = "the space to serve")
  private @Nullable Path space;

  @Option(names = "--http-port", paramLabel = "PORT", description = "0 picks a free one")
  private @Nullable Integer httpPort;

  @Option(names = "--grpc-port", paramLabel = "PORT", description = "0 picks a free one")
  private @Nullable Integer grpcPort;

  @Option(names = "--admin-port", paramLabel = "PORT", description = "0 picks a free one")
  private @Nullable Integer adminPort;

  @Option(
      names = "--ports-file",
      paramLabel = "FILE",
      description = "write the chosen ports here, as name=port lines")
  private @Nullable Path portsFile;

  @Nullable Path portsFile() {
    return portsFile;
  }

  /** The configuration as file, environment and command line say. */
  TrawlConfig config() {
    var read = TrawlConfig.read(config, System.getenv());
    return told(read, read.listen().httpPort(), read.listen().grpcPort(), read.admin().port());
  }

  /** The same, but a port that the command line does not name is any free one. */
  TrawlConfig configOnFreePorts() {
    return told(TrawlConfig.read(config, System.getenv()), 0, 0, 0);
  }

  private TrawlConfig told(TrawlConfig read, int http, int grpc, int admin) {
    try {
      var told =
          read.withPorts(
              httpPort == null ? http : httpPort,
              grpcPort == null ? grpc : grpcPort,
              adminPort == null ? admin : adminPort);
      return space == null ? told : told.withSpace(space);
    } catch (IllegalArgumentException wrong) {
      throw new CannotStart(wrong);
    }
  }
}
