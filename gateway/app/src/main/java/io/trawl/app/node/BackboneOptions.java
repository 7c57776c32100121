package io.trawl.app.node;

import io.trawl.app.config.ByteSize;
import io.trawl.workers.client.Endpoint;
import io.trawl.workers.client.OipClientOptions;
import io.trawl.workers.fleet.FleetOptions;
import io.trawl.workers.fleet.resolve.ResolveOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the backbone runs and how it is called. Where, one of {@code endpoints}, {@code dns},
 * {@code srv} and {@code kubernetes} says; without any it is {@code 127.0.0.1:8001}.
 *
 * @param endpoints gRPC addresses of the workers. Of those that are wrong none ever gets a call; if
 *     all are, the gateway is never ready
 * @param dns addresses of a name, such as a headless service
 * @param srv SRV records of a name
 * @param kubernetes endpoint slices of a service
 * @param connectTimeout how long a TCP connect may take, default 200 ms. Long: a dead worker eats
 *     the whole deadline; short: a busy one is taken for dead
 * @param maxMessage largest message in either direction, default 64MiB
 * @param connections HTTP/2 connections to each worker, default 1. More help when one event loop is
 *     busy with large tensors
 * @param maxWaiting calls that may wait for a free stream to a worker, default 256; what finds no
 *     room is shed
 * @param fleet how one of the workers is chosen, judged and left
 */
public record BackboneOptions(
    List<String> endpoints,
    WorkersByDns dns,
    WorkersBySrv srv,
    WorkersByKubernetes kubernetes,
    Duration connectTimeout,
    ByteSize maxMessage,
    int connections,
    int maxWaiting,
    FleetOptions fleet) {

  private static final String DEFAULT = "127.0.0.1:8001";

  public BackboneOptions {
    endpoints = List.copyOf(endpoints);
    if (maxMessage.bytes() < 1024 || maxMessage.bytes() > 1 << 30) {
      throw new IllegalArgumentException("maxMessage is " + maxMessage + "; expected 1KiB to 1GiB");
    }
    resolve(endpoints, dns, srv, kubernetes);
  }

  public static BackboneOptions defaults() {
    return new BackboneOptions(
        List.of(),
        WorkersByDns.NONE,
        WorkersBySrv.NONE,
        WorkersByKubernetes.NONE,
        Duration.ofMillis(200),
        new ByteSize(64 << 20),
        1,
        256,
        FleetOptions.defaults());
  }

  /** The same with one worker, wherever others were. */
  public BackboneOptions withEndpoint(String value) {
    return new BackboneOptions(
        List.of(value),
        WorkersByDns.NONE,
        WorkersBySrv.NONE,
        WorkersByKubernetes.NONE,
        connectTimeout,
        maxMessage,
        connections,
        maxWaiting,
        fleet);
  }

  /** How the workers are found. */
  ResolveOptions resolve() {
    return resolve(endpoints, dns, srv, kubernetes);
  }

  private static ResolveOptions resolve(
      List<String> endpoints, WorkersByDns dns, WorkersBySrv srv, WorkersByKubernetes kubernetes) {
    var stated = new ArrayList<ResolveOptions>();
    if (!endpoints.isEmpty()) {
      stated.add(ResolveOptions.Endpoints.parse(endpoints));
    }
    if (!dns.name().isEmpty()) {
      stated.add(
          new ResolveOptions.Addresses(
              dns.name(), dns.port(), dns.refresh(), dns.families(), server(dns.server())));
    }
    if (!srv.name().isEmpty()) {
      stated.add(new ResolveOptions.Services(srv.name(), server(srv.server())));
    }
    if (!kubernetes.service().isEmpty()) {
      stated.add(
          new ResolveOptions.Slices(
              kubernetes.namespace(),
              kubernetes.service(),
              kubernetes.port(),
              kubernetes.relist()));
    }
    if (stated.isEmpty()) {
      stated.add(ResolveOptions.Endpoints.parse(List.of(DEFAULT)));
    }
    return ResolveOptions.exactlyOne(stated);
  }

  private static ResolveOptions.DnsOptions server(String server) {
    return server.isEmpty()
        ? ResolveOptions.DnsOptions.system()
        : ResolveOptions.DnsOptions.at(server);
  }

  OipClientOptions client(Endpoint endpoint) {
    return OipClientOptions.to(endpoint)
        .withConnectTimeout(connectTimeout)
        .withMaxMessageBytes(Math.toIntExact(maxMessage.bytes()))
        .withConnections(connections)
        .withMaxWaiting(maxWaiting);
  }
}
