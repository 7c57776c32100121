package io.trawl.bench.attack;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.trawl.bench.attack.Attack.Wish;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a stranger does to every port of both programs. */
final class PortAttacks {

  private static final int EACH = 20;
  private static final Duration CUT = Duration.ofSeconds(60);
  private static final Duration A_BYTE = Duration.ofSeconds(1);
  private static final int METHODS = 20_000;
  private static final int PIPELINED = 50;
  private static final long PAGE_GROWTH_BYTES = 64 << 10;

  private PortAttacks() {}

  static List<Attack> all() {
    return List.of(
        new Attack(
            "slow-heads",
            "20 connections to each of six ports send a byte of a head a second",
            "all are cut within 60 s",
            Wish.ANY,
            true,
            PortAttacks::slowHeads),
        new Attack(
            "slow-bodies",
            "20 connections to each of six ports send a byte of a body a second",
            "all are answered or cut within 60 s",
            Wish.ANY,
            false,
            PortAttacks::slowBodies),
        new Attack(
            "invented-methods",
            "20,000 HTTP methods made up, on each of three ports",
            "no page of metrics grows by 64 KiB",
            Wish.ANY,
            true,
            PortAttacks::inventedMethods),
        new Attack(
            "slash-paths",
            "150 gRPC calls of 13 bytes, whose path is 3,900 slashes, on each of four connections"
                + " to both gRPC ports",
            "all have been answered within 15 s",
            Wish.ANY,
            false,
            PortAttacks::slashPaths),
        new Attack(
            "continued-bodies",
            "420 bodies of 1 MiB of which 900 KiB come after 100 Continue, gateway and worker",
            "each is refused or cut within 60 s",
            Wish.ANY,
            false,
            PortAttacks::continuedBodies),
        new Attack(
            "open-streams",
            "100 connections to both gRPC ports with 1,000 heads each that do not end, 10 s",
            "no more than 4,096 and 16,384 streams are open",
            Wish.ANY,
            false,
            PortAttacks::openStreams));
  }

  private static void slowHeads(Target target, Findings findings) throws InterruptedException {
    var text = ("GET / HTTP/1.1\r\nhost: a\r\nx-slow: " + "a".repeat(2_000)).getBytes(US_ASCII);
    var frames = Http2.join(List.of(Http2.preface(), Http2.data(1, false, new byte[2_000])));
    Map<String, Crowd> crowds = new LinkedHashMap<>();
    textPorts(target)
        .forEach((name, port) -> crowds.put(name, new Crowd().start(EACH, port, slowly(text))));
    grpcPorts(target)
        .forEach((name, port) -> crowds.put(name, new Crowd().start(EACH, port, slowly(frames))));
    awaitCut(crowds, findings);
  }

  private static void slowBodies(Target target, Findings findings) throws InterruptedException {
    var json = Map.of("content-type", "application/json");
    var paths =
        Map.of(
            "http", "/v1/retrieve",
            "admin", "/admin/spaces/activate",
            "worker-http", "/v2/models/urm_backbone/infer",
            "worker-metrics", "/metrics");
    Map<String, Crowd> crowds = new LinkedHashMap<>();
    textPorts(target)
        .forEach(
            (name, port) -> {
              var head = Http1.post(paths.getOrDefault(name, "/"), json, 10_000);
              crowds.put(
                  name,
                  new Crowd()
                      .start(
                          EACH,
                          port,
                          peer -> {
                            peer.send(head);
                            while (peer.status() == 0 && !peer.awaitEnd(A_BYTE)) {
                              peer.send(" ");
                            }
                            peer.close();
                          }));
            });
    grpcPorts(target)
        .forEach(
            (name, port) -> crowds.put(name, new Crowd().start(EACH, port, slowMessage(name))));
    awaitCut(crowds, findings);
  }

  private static Crowd.Deed slowMessage(String port) {
    var path =
        port.equals("grpc")
            ? "/trawl.v1.Retrieval/Retrieve"
            : "/inference.GRPCInferenceService/ModelInfer";
    var begin =
        Http2.join(
            List.of(
                Http2.preface(),
                Http2.headers(1, false, Http2.post(path, "application/grpc")),
                Http2.data(1, false, Http2.message(10_000, new byte[0]))));
    return peer -> {
      peer.send(begin);
      while (!Http2.hasEnded(peer.bytes()) && !peer.awaitEnd(A_BYTE)) {
        peer.send(Http2.data(1, false, new byte[1]));
      }
      peer.close();
    };
  }

  private static Crowd.Deed slowly(byte[] bytes) {
    return peer -> {
      for (int i = 0; !peer.awaitEnd(A_BYTE); i++) {
        peer.send(new byte[] {bytes[i % bytes.length]});
      }
    };
  }

  private static Map<String, Integer> textPorts(Target target) {
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put("http", target.http());
    ports.put("admin", target.admin());
    ports.put("worker-http", target.workerHttp());
    ports.put("worker-metrics", target.workerPorts().metrics());
    return ports;
  }

  private static Map<String, Integer> grpcPorts(Target target) {
    return Map.of("grpc", target.grpc(), "worker-grpc", target.workerGrpc());
  }

  private static void awaitCut(Map<String, Crowd> crowds, Findings findings)
      throws InterruptedException {
    long end = System.nanoTime() + CUT.toNanos();
    for (var crowd : crowds.entrySet()) {
      var left = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
      boolean cut = crowd.getValue().awaitEnd(left);
      findings.check(
          cut, "%s: %d of %d open".formatted(crowd.getKey(), crowd.getValue().open(), EACH));
    }
    crowds.values().forEach(Crowd::close);
  }

  private static void inventedMethods(Target target, Findings findings)
      throws IOException, InterruptedException {
    long gateway = Http1.bytesOf(target.admin(), "/metrics");
    long worker = Http1.bytesOf(target.workerPorts().metrics(), "/metrics");
    for (var port : List.of(target.http(), target.admin(), target.workerHttp())) {
      invent(port);
    }
    // A page may be made once a while.
    TimeUnit.MILLISECONDS.sleep(500);
    grew("the gateway's", Http1.bytesOf(target.admin(), "/metrics") - gateway, findings);
    grew(
        "the worker's",
        Http1.bytesOf(target.workerPorts().metrics(), "/metrics") - worker,
        findings);
  }

  private static void grew(String whose, long bytes, Findings findings) {
    findings.check(bytes < PAGE_GROWTH_BYTES, "%s page grew by %,d bytes".formatted(whose, bytes));
  }

  private static void invent(int port) throws InterruptedException {
    int sent = 0;
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (sent < METHODS && System.nanoTime() < end) {
      try (var peer = Peer.stranger(port)) {
        while (sent < METHODS && !peer.isEnded()) {
          var batch = new StringBuilder();
          for (int i = 0; i < PIPELINED; i++) {
            batch.append("Q").append(sent++).append("X /a HTTP/1.1\r\nhost: a\r\n");
            batch.append("content-length: 0\r\n\r\n");
          }
          long before = peer.answers();
          peer.send(batch.toString());
          Crowd.until(
              () -> peer.answers() >= before + PIPELINED || peer.isEnded(), Duration.ofSeconds(5));
        }
      } catch (IOException _) {
        // Cut after so many: the next connection goes on.
      }
    }
  }

  private static void slashPaths(Target target, Findings findings) throws InterruptedException {
    List<byte[]> session = new ArrayList<>();
    session.add(Http2.preface());
    session.add(Http2.indexingCall(1, "/".repeat(3_900)));
    for (int i = 1; i < 150; i++) {
      session.add(Http2.indexedCall(2 * i + 1));
    }
    // Answered in its turn.
    session.add(Http2.ping());
    var calls = Http2.join(session);
    try (var crowd = new Crowd()) {
      for (int port : grpcPorts(target).values()) {
        crowd.start(
            4,
            port,
            peer -> {
              peer.send(calls);
              Crowd.until(() -> Http2.hasPingAnswer(peer.bytes()), Duration.ofSeconds(15));
            });
      }
      boolean done = crowd.awaitDone(CUT);
      long answered =
          crowd.peers().stream().filter(peer -> Http2.hasPingAnswer(peer.bytes())).count();
      findings.check(done && answered == 8, "%d of 8 connections are answered".formatted(answered));
    }
  }

  private static void continuedBodies(Target target, Findings findings)
      throws InterruptedException {
    var asks = Map.of("content-type", "application/json", "expect", "100-continue");
    var gateway = Http1.post("/v1/retrieve", asks, 1 << 20);
    GatewayAttacks.hold(target.http(), 420, gateway, 900 << 10, findings);
    var worker = Http1.post("/v2/models/urm_backbone/infer", asks, 1 << 20);
    GatewayAttacks.hold(target.workerHttp(), 420, worker, 900 << 10, findings);
  }

  private static void openStreams(Target target, Findings findings)
      throws IOException, InterruptedException {
    Map<String, String> paths =
        Map.of(
            "grpc", "/trawl.v1.Retrieval/Retrieve",
            "worker-grpc", "/inference.GRPCInferenceService/ModelStreamInfer");
    try (var crowd = new Crowd()) {
      grpcPorts(target)
          .forEach(
              (name, port) -> {
                List<byte[]> session = new ArrayList<>();
                session.add(Http2.preface());
                var head = Http2.post(paths.getOrDefault(name, "/"), "application/grpc");
                for (int i = 0; i < 1_000; i++) {
                  session.add(Http2.headers(2 * i + 1, false, head));
                }
                var heads = Http2.join(session);
                crowd.start(100, port, peer -> peer.send(heads));
              });
      findings.check(crowd.awaitDone(CUT), "what is sent is read");
      TimeUnit.SECONDS.sleep(10);
      bounded("gateway", 4_096, target.admin(), findings);
      bounded("worker", 16_384, target.workerPorts().metrics(), findings);
    }
  }

  private static void bounded(String whose, int most, int port, Findings findings)
      throws IOException, InterruptedException {
    double open = Http1.metric(port, "trawl_streams");
    findings.check(open <= most, "%s: %,.0f streams are open".formatted(whose, open));
  }
}
