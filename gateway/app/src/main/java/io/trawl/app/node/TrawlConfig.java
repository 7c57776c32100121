package io.trawl.app.node;

import io.trawl.api.AdminOptions;
import io.trawl.api.call.ApiOptions;
import io.trawl.api.check.ApiLimits;
import io.trawl.app.config.ConfigDecoder;
import io.trawl.app.config.ConfigRefused;
import io.trawl.app.config.YamlKeys;
import io.trawl.serve.ReadinessOptions;
import io.trawl.serve.SearchOptions;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be set of a gateway: one YAML file, then the environment. Each group is
 * documented at its record.
 *
 * @param space directory of the space to serve
 * @param listen where the public ports are
 * @param admin where health, readiness, metrics and administration are
 * @param limits what the edges accept
 * @param search how searches are run
 * @param backbone where the backbone runs and how it is called
 * @param milvus where Milvus is and how it is used
 * @param readiness how the gateway finds out whether it should get traffic
 */
public record TrawlConfig(
    Path space,
    ApiOptions listen,
    AdminOptions admin,
    ApiLimits limits,
    SearchOptions search,
    BackboneOptions backbone,
    MilvusGroup milvus,
    ReadinessOptions readiness) {

  public TrawlConfig {
    if (search.needsMilvus() && !milvus.configured()) {
      throw new IllegalArgumentException(
          "milvus.endpoint is empty; expected one, since search.engine is '%s', search.neighbours '%s' and search.vectors '%s'"
              .formatted(
                  search.engine().label(), search.neighbours().label(), search.vectors().label()));
    }
  }

  /** Variables that look like ours and are the launcher's, or other verbs': docs/process.md. */
  private static final Set<String> OF_OTHERS =
      Set.of("TRAWL_MILVUS", "TRAWL_TRITON", "TRAWL_JAVA_OPTS", "TRAWL_HEAP_DUMP", "TRAWL_TMP");

  /** Where the demo space lies in a checkout. */
  public static final Path DEMO_SPACE = Path.of("triton-models", "spaces", "demo-shop");

  public static TrawlConfig defaults() {
    return new TrawlConfig(
        DEMO_SPACE,
        new ApiOptions("127.0.0.1", 8080, 9090),
        AdminOptions.defaults(),
        ApiLimits.defaults(),
        SearchOptions.defaults(),
        BackboneOptions.defaults(),
        MilvusGroup.defaults(),
        ReadinessOptions.defaults());
  }

  /**
   * Reads the configuration.
   *
   * @param file the YAML file, or null for none
   * @throws ConfigRefused if anything in it is unknown or wrong
   */
  public static TrawlConfig read(@Nullable Path file, Map<String, String> environment) {
    var ours = new HashMap<>(environment);
    ours.keySet().removeAll(OF_OTHERS);
    return ConfigDecoder.decode(
        defaults(), file == null ? Map.of() : YamlKeys.of(file, "configuration"), ours);
  }

  /** Opens a space as this gateway serves it: with its item vectors, or without them. */
  public Space open(Path directory, Verification verification) {
    return search.vectors() == SearchOptions.Source.MILVUS
        ? Space.openWithoutVectors(directory, verification)
        : Space.open(directory, verification);
  }

  public TrawlConfig withSpace(Path value) {
    return new TrawlConfig(value, listen, admin, limits, search, backbone, milvus, readiness);
  }

  /** The same on other ports; 0 picks a free one. */
  public TrawlConfig withPorts(int http, int grpc, int adminPort) {
    var moved = listen.withPorts(http, grpc);
    return new TrawlConfig(
        space, moved, admin.withPort(adminPort), limits, search, backbone, milvus, readiness);
  }

  /** The same with a limit of work that stays where it is. */
  public TrawlConfig withFixedWork(int searches) {
    return new TrawlConfig(
        space, listen.withFixedWork(searches), admin, limits, search, backbone, milvus, readiness);
  }

  /** The same with the neighbours out of a Milvus. */
  public TrawlConfig withMilvus(String endpoint) {
    return new TrawlConfig(
        space,
        listen,
        admin,
        limits,
        search.withNeighbours(SearchOptions.Source.MILVUS),
        backbone,
        milvus.withEndpoint(endpoint),
        readiness);
  }

  public TrawlConfig withBackbone(BackboneOptions value) {
    return new TrawlConfig(space, listen, admin, limits, search, value, milvus, readiness);
  }
}
