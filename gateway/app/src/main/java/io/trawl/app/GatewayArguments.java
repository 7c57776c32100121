package io.trawl.app;

import io.trawl.app.config.PortNumber;
import io.trawl.app.node.TrawlConfig;
import java.nio.file.Path;
import java.util.function.Consumer;
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

  @Option(
      names = "--http-port",
      converter = PortNumber.OrFree.class,
      paramLabel = "PORT",
      description = "0 picks a free one")
  private @Nullable Integer httpPort;

  @Option(
      names = "--grpc-port",
      converter = PortNumber.OrFree.class,
      paramLabel = "PORT",
      description = "0 picks a free one")
  private @Nullable Integer grpcPort;

  @Option(
      names = "--admin-port",
      converter = PortNumber.OrFree.class,
      paramLabel = "PORT",
      description = "0 picks a free one")
  private @Nullable Integer adminPort;

  @Option(
      names = "--ports-file",
      paramLabel = "FILE",
      description = "write the chosen ports here, as name=port lines")
  private @Nullable Path portsFile;

  @Nullable Path portsFile() {
    return portsFile;
  }

  /**
   * The configuration as file, environment and command line say.
   *
   * @throws CannotStart if one of its ports is taken
   */
  TrawlConfig config() {
    var read = TrawlConfig.read(config, System.getenv());
    var told = told(read);
    WantedPort.requireFree(
        wanted(told, told.listen().httpPort(), told.listen().grpcPort(), told.admin().port()));
    return told;
  }

  /**
   * The same, but a port that nobody named and that is taken is any free one.
   *
   * @param moved hears what was taken
   */
  TrawlConfig configBesideOthers(Consumer<String> moved) {
    var usual = TrawlConfig.defaults();
    var read = TrawlConfig.read(config, System.getenv());
    // What no other port would help is refused before others are taken.
    told(read);
    var host = read.listen().host();
    if (httpPort == null && read.listen().httpPort() == usual.listen().httpPort()) {
      httpPort = new WantedPort("--http-port", host, read.listen().httpPort()).orFree(moved);
    }
    if (grpcPort == null && read.listen().grpcPort() == usual.listen().grpcPort()) {
      grpcPort = new WantedPort("--grpc-port", host, read.listen().grpcPort()).orFree(moved);
    }
    if (adminPort == null && read.admin().port() == usual.admin().port()) {
      adminPort =
          new WantedPort("--admin-port", read.admin().host(), read.admin().port()).orFree(moved);
    }
    return config();
  }

  /** The same, but a port that the command line does not name is any free one. */
  TrawlConfig configOnFreePorts() {
    return told(TrawlConfig.read(config, System.getenv()), 0, 0, 0);
  }

  private static WantedPort[] wanted(TrawlConfig config, int http, int grpc, int admin) {
    var host = config.listen().host();
    return new WantedPort[] {
      new WantedPort("--http-port", host, http),
      new WantedPort("--grpc-port", host, grpc),
      new WantedPort("--admin-port", config.admin().host(), admin)
    };
  }

  private TrawlConfig told(TrawlConfig read) {
    return told(read, read.listen().httpPort(), read.listen().grpcPort(), read.admin().port());
  }

  private TrawlConfig told(TrawlConfig read, int http, int grpc, int admin) {
    CannotStart.requireFolderOf(portsFile);
    CannotStart.requireFolder(
        space == null ? "space" : "--space", space == null ? read.space() : space);
    int wantedHttp = httpPort == null ? http : httpPort;
    int wantedGrpc = grpcPort == null ? grpc : grpcPort;
    int wantedAdmin = adminPort == null ? admin : adminPort;
    WantedPort.requireDistinct(wanted(read, wantedHttp, wantedGrpc, wantedAdmin));
    var told = CannotStart.unlessRefused(() -> read.withPorts(wantedHttp, wantedGrpc, wantedAdmin));
    return space == null ? told : told.withSpace(space);
  }
}
