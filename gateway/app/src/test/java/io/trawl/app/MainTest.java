package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.app.config.ConfigRefused;
import io.trawl.app.node.TrawlConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher promises must be there, and a mistake must be told in one sentence. */
class MainTest {

  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.commandLine().setErr(new PrintWriter(err, true)).execute(arguments);
  }

  @Test
  void everyVerbOfTheLauncherIsThere() {
    assertEquals(
        Set.of("demo", "serve", "worker", "workers", "space", "milvus", "explain", "eval"),
        Main.commandLine().getSubcommands().keySet());
  }

  @Test
  void anUnknownOptionNamesTheNearestOne() {
    assertEquals(2, run("worker", "--model-repository", "x", "--grpc-prot", "1"));
    assertEquals(
        "trawl: unknown option '--grpc-prot'; the nearest known one is '--grpc-port'"
            + " (trawl worker --help explains)",
        err.toString().strip());
  }

  @Test
  void whatIsNearNothingIsToldWhatThereIs() {
    assertEquals(2, run("demo", "--bogus"));
    var said = err.toString();
    assertTrue(said.startsWith("trawl: unknown option '--bogus'; expected one of --"), said);
    assertTrue(said.contains("--once"), said);
  }

  @Test
  void anUnknownWordNamesTheNearestVerb() {
    assertEquals(2, run("space", "chekc", "x"));
    assertTrue(
        err.toString().contains("unknown argument 'chekc'; the nearest known one is 'check'"),
        err.toString());
  }

  @Test
  void aFolderThatIsNoSpaceIsRefusedInOneSentence(@TempDir Path empty) {
    assertEquals(2, run("space", "show", empty.toString()));
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertTrue(err.toString().contains("manifest.json"), err.toString());
  }

  @Test
  void aModelCardIsShownWithoutWhatATerminalWouldObey(@TempDir Path folder) throws IOException {
    var card = Files.writeString(folder.resolve("card.md"), "# name\n\n| a | \u001b[2J |\n");
    assertEquals(List.of("# name", "", "| a |  [2J |"), SpaceShowCommand.card(card));
    Files.writeString(card, "x\n".repeat(1 << 20));
    assertEquals(32 << 10, SpaceShowCommand.card(card).size());
  }

  /** Named with its option, and before a space or a model is read. */
  @Test
  void aTakenPortThatWasAskedForIsRefused(@TempDir Path folder) throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var port = Integer.toString(taken.getLocalPort());
      var gateway = List.of("--http-port", "--grpc-port", "--admin-port");
      assertTaken(port, gateway, "demo", "--space", folder.toString());
      assertTaken(port, gateway, "serve", "--space", folder.toString());
      var worker = List.of("--grpc-port", "--http-port", "--metrics-port");
      assertTaken(port, worker, "worker", "--model-repository", folder.toString());
      var own = List.of("--worker-grpc-port", "--worker-http-port", "--worker-metrics-port");
      assertTaken(port, own, "demo", "--once", "--space", folder.toString());
    }
  }

  /** Each option in turn; the others take free ports, whatever else listens on this machine. */
  private void assertTaken(String port, List<String> options, String... verb) {
    for (var taken : options) {
      var arguments = new ArrayList<>(List.of(verb));
      options.forEach(
          option -> arguments.addAll(List.of(option, option.equals(taken) ? port : "0")));
      assertTaken(taken, port, arguments.toArray(String[]::new));
    }
  }

  private void assertTaken(String option, String port, String... arguments) {
    err.getBuffer().setLength(0);
    assertEquals(2, run(arguments));
    assertEquals(
        "trawl: cannot listen on 127.0.0.1:%s: Address already in use; %s chooses another port"
            .formatted(port, option),
        err.toString().strip());
  }

  @Test
  void aTakenPortThatNobodyAskedForIsLeftForAFreeOne() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var port = taken.getLocalPort();
      var told = new ArrayList<String>();
      assertEquals(0, new WantedPort("--http-port", "127.0.0.1", port).orFree(told::add));
      assertEquals(
          List.of(
              "cannot listen on 127.0.0.1:%d: Address already in use; --http-port chooses another port; taking a free one"
                  .formatted(port)),
          told);
    }
  }

  @Test
  void whatCanBeRefusedIsRefusedFirst(@TempDir Path empty) {
    var nowhere = empty.resolve("none").resolve("file").toString();
    assertRefusedFirst("cannot be written", "eval", "--json", nowhere);
    assertRefusedFirst("cannot be written", "serve", "--http-port", "0", "--ports-file", nowhere);
    assertRefusedFirst("cannot be written", "demo", "--once", "--ports-file", nowhere);
    assertRefusedFirst("expected 0 or more", "explain", "--sample-user", "-1");
    assertRefusedFirst("-k is 0; expected 1 or more", "explain", "-k", "0");
  }

  /** Where a port is taken too, the folder is what is said: no other port would help. */
  @Test
  void aFolderThatIsNoneIsRefusedBeforeAPort(@TempDir Path folder) throws Exception {
    var file = Files.writeString(folder.resolve("file"), "").toString();
    var none = folder.resolve("none").toString();
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var port = Integer.toString(taken.getLocalPort());
      for (var wrong : List.of(file, none)) {
        var why = " is '" + wrong + "'; expected a folder";
        assertRefusedFirst(
            "--model-repository" + why, "worker", "--model-repository", wrong, "--grpc-port", port);
        assertRefusedFirst("--space" + why, "serve", "--space", wrong, "--http-port", port);
        assertRefusedFirst("--space" + why, "demo", "--space", wrong, "--http-port", port);
      }
    }
  }

  @Test
  void onePortForTwoServersIsRefusedByBothOptions(@TempDir Path folder) {
    var here = folder.toString();
    assertRefusedFirst(
        "--http-port and --grpc-port are both 5; expected two ports",
        "serve",
        "--space",
        here,
        "--http-port",
        "5",
        "--grpc-port",
        "5");
    assertRefusedFirst(
        "--grpc-port and --admin-port are both 5; expected two ports",
        "demo",
        "--space",
        here,
        "--admin-port",
        "5",
        "--grpc-port",
        "5");
    assertRefusedFirst(
        "--grpc-port and --metrics-port are both 5; expected two ports",
        "worker",
        "--model-repository",
        here,
        "--grpc-port",
        "5",
        "--metrics-port",
        "5");
  }

  @Test
  void aFileThatCannotBeReadIsRefusedInWords(@TempDir Path folder) throws Exception {
    var binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertRefusedFirst(
        binary + " cannot be read: it is not UTF-8 text", "serve", "--config", binary.toString());
    assertRefusedFirst(
        folder + " cannot be read: Is a directory", "serve", "--config", folder.toString());
  }

  @Test
  void noFailureOfInputOrOutputIsABug() {
    var silent = new UncheckedIOException(new NoSuchFileException("x"));
    assertEquals("x: it is not there", CannotStart.sentence(silent));
    assertEquals("no reason is given", CannotStart.sentence(new ConnectException()));
  }

  /** Whatever takes an address says in the same words what one is. */
  @Test
  void whatIsNoAddressIsRefusedFirst() {
    for (var wrong :
        List.of(
            "foo",
            "ftp://x/",
            "http://[::1",
            "http://a_b:1",
            "http://x:0",
            "http://x:99999",
            "http://x/path",
            "")) {
      assertRefusedFirst(
          "'--gateway': '%s' is no address of a server; expected http://HOST:PORT (trawl"
              .formatted(wrong),
          "explain",
          "--gateway",
          wrong);
    }
    assertRefusedFirst(
        "'unix:trawl' is no address of a server; expected http://HOST:PORT or unix:/PATH",
        "space",
        "activate",
        "x",
        "--admin",
        "unix:trawl");
    for (var wrong : List.of("bad", "x:", "x:port", "x:99999", "::1:5", "")) {
      var why = "'%s' is no address; expected HOST:PORT".formatted(wrong);
      assertRefusedFirst(why, "serve", "--worker", wrong);
      assertRefusedFirst(why, "milvus", "list", "--milvus", wrong);
      assertRefusedFirst(why, "demo", "--real", "--triton", wrong);
      assertRefusedFirst(why, "demo", "--real", "--milvus", wrong);
    }
  }

  @Test
  void whatIsNoPortIsRefusedFirst() {
    for (var option : List.of("--http-port", "--grpc-port", "--admin-port")) {
      assertNoPort("serve", option);
      assertNoPort("demo", option);
    }
    for (var option : List.of("--http-port", "--grpc-port", "--metrics-port")) {
      assertNoPort("worker", option);
      assertNoPort("demo", option.replaceFirst("--", "--worker-"));
    }
  }

  private void assertNoPort(String verb, String option) {
    for (var wrong : List.of("99999", "-1", "many")) {
      assertRefusedFirst(
          "'%s': '%s' is no port; expected 0 to 65535".formatted(option, wrong),
          verb,
          option,
          wrong);
    }
  }

  private void assertRefusedFirst(String why, String... arguments) {
    err.getBuffer().setLength(0);
    assertEquals(2, run(arguments));
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertTrue(err.toString().contains(why), err.toString());
    assertFalse(err.toString().contains("internal error"), err.toString());
    assertFalse(err.toString().contains("Exception"), err.toString());
  }

  @Test
  void anUnknownKeyOfTheConfigurationStopsTheStart(@TempDir Path folder) throws Exception {
    var file = Files.writeString(folder.resolve("trawl.yaml"), "serch:\n  engine: exact\n");
    assertEquals(2, run("serve", "--config", file.toString()));
    assertTrue(
        err.toString().contains("unknown key 'serch'; the nearest known one is 'search'"),
        err.toString());
  }

  @Test
  void defaultsDecodeToThemselves() {
    assertEquals(TrawlConfig.defaults(), TrawlConfig.read(null, Map.of()));
  }

  @Test
  void everyGroupIsReadFromFileAndEnvironment(@TempDir Path folder) throws Exception {
    var file =
        Files.writeString(
            folder.resolve("trawl.yaml"),
            """
            space: /spaces/shop
            listen: {http-port: 0, idle-timeout: 30s}
            limits: {max-k: 50, default-k: 5, default-deadline: 80ms}
            search: {engine: exact, explore: {rounds: 3}, answer-reserve: 5ms}
            backbone: {endpoints: ["worker:9001", "other:9001"], max-message: 1MiB, fleet: {zone: a, choose: {owners: true}}}
            milvus: {endpoint: "milvus:19530", guard: {concurrency: 8}, plane: {rows: 9}}
            readiness: {interval: 1s, vector-tolerance: 0.01}
            """);
    var read = TrawlConfig.read(file, Map.of("TRAWL_ADMIN_PORT", "7", "TRAWL_LIMITS_MAX_K", "60"));
    assertEquals(Path.of("/spaces/shop"), read.space());
    assertEquals(0, read.listen().httpPort());
    assertEquals(7, read.admin().port());
    assertEquals(60, read.limits().counts().maxK());
    assertEquals(3, read.search().explore().rounds());
    assertEquals(List.of("worker:9001", "other:9001"), read.backbone().endpoints());
    assertEquals("a", read.backbone().fleet().zone());
    assertTrue(read.backbone().fleet().choose().owners());
    assertEquals("milvus:19530", read.milvus().options().endpoint());
    assertEquals(8, read.milvus().options().guard().concurrency());
    assertEquals(9, read.milvus().plane().rows());
    assertEquals(0.01, read.readiness().vectorTolerance());
  }

  @Test
  void workersAreFoundInOneWayAndItIsSaidWhatIsWrongWithIt() {
    var read = TrawlConfig.read(null, Map.of("TRAWL_BACKBONE_DNS_NAME", "workers.models.svc"));
    assertEquals("workers.models.svc", read.backbone().dns().name());
    var both =
        Map.of("TRAWL_BACKBONE_DNS_NAME", "a.b", "TRAWL_BACKBONE_KUBERNETES_SERVICE", "workers");
    assertConfigRefused(both, "expected exactly one of them");
    assertConfigRefused(
        Map.of("TRAWL_BACKBONE_ENDPOINTS", "a:8001,a:8001"), "expected each endpoint once");
    assertConfigRefused(
        Map.of("TRAWL_BACKBONE_DNS_NAME", "a.b", "TRAWL_BACKBONE_DNS_PORT", "0"),
        "dns.port: 0 (expected 1 to 65535)");
    assertConfigRefused(
        Map.of("TRAWL_BACKBONE_FLEET_EJECTED_AT_MOST", "2"),
        "backbone.fleet.ejected-at-most: 2.0 (expected 0 to 1)");
  }

  private static void assertConfigRefused(Map<String, String> environment, String expected) {
    var refused = assertThrows(ConfigRefused.class, () -> TrawlConfig.read(null, environment));
    assertTrue(String.valueOf(refused.getMessage()).contains(expected), refused::getMessage);
  }

  /** Whoever works with {@code ./trawl milvus} has them set in every shell. */
  @Test
  void theVariablesOfTheLauncherAreNoneOfAGateways() throws IOException {
    var launcher = Files.readString(Path.of("../../trawl"));
    var set =
        Pattern.compile("TRAWL_[A-Z_]+")
            .matcher(launcher)
            .results()
            .map(MatchResult::group)
            .distinct()
            .collect(Collectors.toMap(name -> name, _ -> "anything"));
    assertTrue(set.keySet().containsAll(Set.of("TRAWL_MILVUS", "TRAWL_TMP")), set::toString);
    assertEquals(TrawlConfig.defaults(), TrawlConfig.read(null, set));
    assertThrows(ConfigRefused.class, () -> TrawlConfig.read(null, Map.of("TRAWL_MILVUS_X", "1")));
    var token = TrawlConfig.read(null, Map.of("TRAWL_MILVUS_TOKEN", "root:Milvus")).milvus();
    assertEquals("root:Milvus", token.options().token());
  }

  @Test
  void vectorsOutOfMilvusNeedMilvusAndNoScan() {
    assertRefused(Map.of("TRAWL_SEARCH_VECTORS", "milvus"), "search.vectors 'milvus'");
    assertRefused(
        Map.of("TRAWL_SEARCH_VECTORS", "disk"),
        "TRAWL_SEARCH_VECTORS is 'disk'; expected 'space' or 'milvus'");
    assertRefused(
        Map.of("TRAWL_SEARCH_VECTORS", "milvus", "TRAWL_SEARCH_ENGINE", "exact"),
        "search.engine is 'exact'; expected 'explore' or 'milvus'");
  }

  private static void assertRefused(Map<String, String> environment, String why) {
    var refused = assertThrows(ConfigRefused.class, () -> TrawlConfig.read(null, environment));
    var message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(why), message);
  }

  @Test
  void whatNeedsMilvusNeedsToKnowWhereItIs() {
    assertFalse(TrawlConfig.defaults().milvus().configured());
    var refused =
        assertThrows(
            ConfigRefused.class,
            () -> TrawlConfig.read(null, Map.of("TRAWL_SEARCH_NEIGHBOURS", "milvus")));
    assertTrue(String.valueOf(refused.getMessage()).startsWith("milvus.endpoint is empty"));
  }
}
