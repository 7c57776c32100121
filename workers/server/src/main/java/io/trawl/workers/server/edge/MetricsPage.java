package io.trawl.workers.server.edge;

import com.sun.management.OperatingSystemMXBean;
import io.trawl.workers.process.Log;
import io.trawl.workers.server.repository.ModelControl;
import io.trawl.workers.server.repository.ModelEntry;
import io.trawl.workers.server.repository.Repository;
import io.trawl.workers.server.repository.ServedModel;
import io.trawl.workers.server.run.CallFailure.Reason;
import io.trawl.workers.wire.bounds.ConnectionLimit;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The counters of all models as Prometheus reads them, under Triton's names where the meaning is
 * the same. Written by hand, as docs/decisions/0011-metrics-page-by-hand.md says.
 */
public final class MetricsPage {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final Repository repository;
  private final ModelControl control;
  private final GrpcEdge grpc;
  private final Reading reading;
  private final MemoryBudget memory;
  private final PortWatch ports;
  private final @Nullable ConnectionLimit connections;

  /**
   * @param connections of the process, null where another program counts them
   */
  public MetricsPage(
      Repository repository,
      ModelControl control,
      GrpcEdge grpc,
      Reading reading,
      MemoryBudget memory,
      PortWatch ports,
      @Nullable ConnectionLimit connections) {
    this.repository = repository;
    this.control = control;
    this.grpc = grpc;
    this.reading = reading;
    this.memory = memory;
    this.ports = ports;
    this.connections = connections;
  }

  public void handle(HttpServerRequest request) {
    if (!request.path().equals("/metrics")) {
      HttpReply.error(
          request, 404, "no such path: %s; expected /metrics".formatted(request.path()));
    } else if (!request.method().equals(HttpMethod.GET)) {
      HttpReply.methodNotAllowed(request, HttpMethod.GET);
    } else {
      request.response().putHeader("content-type", CONTENT_TYPE).end(render());
    }
  }

  String render() {
    StringBuilder page = new StringBuilder(2048);
    List<ServedModel> models = repository.served();
    counter(
        page,
        models,
        "nv_inference_request_success",
        "Number of successful inference requests, all batch sizes",
        model -> model.stats().succeeded.sum());
    failures(page, models);
    counter(
        page,
        models,
        "nv_inference_count",
        "Number of inferences performed (does not include cached requests)",
        model -> model.stats().inferences.sum());
    counter(
        page,
        models,
        "nv_inference_exec_count",
        "Number of model executions performed (does not include cached requests)",
        model -> model.stats().executions.sum());
    micros(
        page,
        models,
        "nv_inference_request_duration_us",
        "Cumulative inference request duration in microseconds",
        model -> model.stats().requestNanos.sum());
    micros(
        page,
        models,
        "nv_inference_queue_duration_us",
        "Cumulative inference queuing duration in microseconds",
        model -> model.stats().queueNanos.sum());
    micros(
        page,
        models,
        "nv_inference_compute_input_duration_us",
        "Cumulative compute input duration in microseconds",
        model -> model.stats().inputNanos.sum());
    micros(
        page,
        models,
        "nv_inference_compute_infer_duration_us",
        "Cumulative compute inference duration in microseconds",
        model -> model.stats().inferNanos.sum());
    micros(
        page,
        models,
        "nv_inference_compute_output_duration_us",
        "Cumulative inference compute output duration in microseconds",
        model -> model.stats().outputNanos.sum());
    family(
        page,
        "nv_inference_pending_request_count",
        "gauge",
        "Instantaneous number of pending requests awaiting execution per-model.");
    for (ServedModel model : models) {
      sample(
          page, "nv_inference_pending_request_count", labels(model), model.scheduler().pending());
    }
    machine(page);
    counter(
        page,
        models,
        "trawl_worker_reruns_total",
        "Runs of a part of a batch that had failed as a whole",
        model -> model.stats().reruns.sum());
    counter(
        page,
        models,
        "trawl_worker_runs_stopped_total",
        "Runs that were asked to end: nobody waited any more, or they took too long",
        model -> model.stats().stopped.sum());
    String stuck = "trawl_worker_stuck_runs";
    family(page, stuck, "gauge", "Runs that do not end although they were asked to");
    for (ServedModel model : models) {
      sample(page, stuck, labels(model), model.scheduler().stuckRuns());
    }
    own(page);
    return page.toString();
  }

  /** What the operating system says. */
  private static void machine(StringBuilder page) {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      family(page, "nv_cpu_utilization", "gauge", "CPU utilization rate [0.0 - 1.0]");
      page.append("nv_cpu_utilization ").append(Math.max(0, system.getCpuLoad())).append('\n');
      long total = system.getTotalMemorySize();
      value(page, "nv_cpu_memory_total_bytes", "gauge", "CPU total memory (RAM), in bytes", total);
      value(
          page,
          "nv_cpu_memory_used_bytes",
          "gauge",
          "CPU used memory (RAM), in bytes",
          total - system.getFreeMemorySize());
    }
  }

  /** What Triton has no name for. */
  private void own(StringBuilder page) {
    String versions = "trawl_worker_versions";
    family(page, versions, "gauge", "Versions of models by what the repository index says of them");
    Map<String, Long> states = new TreeMap<>();
    for (ModelEntry entry : repository.entries()) {
      entry.versions().values().forEach(state -> states.merge(state.word(), 1L, Long::sum));
    }
    states.forEach((state, count) -> sample(page, versions, "state=\"" + state + "\"", count));
    String loads = "trawl_worker_model_loads_total";
    family(page, loads, "counter", "Models loaded, at the start or by a call, by outcome");
    sample(page, loads, "outcome=\"loaded\"", control.loads());
    sample(page, loads, "outcome=\"failed\"", control.failedLoads());
    value(
        page,
        "trawl_worker_model_unloads_total",
        "counter",
        "Models unloaded by a call",
        control.unloads());
    value(
        page,
        "trawl_worker_models_forgotten_total",
        "counter",
        "Models that did not answer and are in the index no longer, for there were too many",
        repository.forgotten());
    value(
        page,
        "trawl_worker_retiring_versions",
        "gauge",
        "Versions that finish what they took before they were replaced or unloaded",
        control.retiring().size());
    value(
        page,
        "trawl_worker_open_streams",
        "gauge",
        "Calls of ModelStreamInfer under way",
        grpc.openStreams());
    bounds(page);
    String dropped = "trawl_log_dropped_total";
    family(
        page,
        dropped,
        "counter",
        "Lines that the log is without: nobody read them, or too many of one kind");
    sample(page, dropped, "reason=\"full\"", Log.droppedAsFull());
    sample(page, dropped, "reason=\"rate\"", Log.droppedByRate());
    value(
        page,
        "trawl_worker_heap_used_bytes",
        "gauge",
        "Java heap in use, garbage included",
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
  }

  /** Named as on a gateway's page. */
  private void bounds(StringBuilder page) {
    value(
        page,
        "trawl_memory_held_bytes",
        "gauge",
        "Bytes of requests that are not answered and of answers that are not taken",
        memory.held());
    value(
        page,
        "trawl_memory_max_bytes",
        "gauge",
        "Bytes beyond which new requests are refused",
        memory.maxBytes());
    value(
        page,
        "trawl_memory_dropped_total",
        "counter",
        "Half received requests and half taken answers that were ended to make room",
        memory.dropped());
    value(
        page,
        "trawl_memory_refused_total",
        "counter",
        "Times that something found no room",
        memory.refused());
    value(
        page,
        "trawl_reads_waiting",
        "gauge",
        "Packed or large requests that wait to be unpacked and read",
        reading.waiting());
    value(
        page,
        "trawl_reads_refused_total",
        "counter",
        "Requests that were refused since too many waited to be read",
        reading.refused());
    value(
        page,
        "trawl_reads_dropped_total",
        "counter",
        "Requests that nobody waited for any more before they were read",
        reading.dropped());
    String slow = "trawl_too_slow_total";
    family(
        page,
        slow,
        "counter",
        "Connections and streams that were ended because they took too long");
    for (PortWatch.Slow what : PortWatch.Slow.values()) {
      sample(page, slow, "what=\"" + what.label() + "\"", ports.cut(what));
    }
    value(
        page,
        "trawl_calls_abandoned_total",
        "counter",
        "Calls over HTTP/2 that their callers began and abandoned at once",
        ports.abandoned());
    value(
        page,
        "trawl_calls_refused_total",
        "counter",
        "Calls that were not begun, since their address had abandoned too many",
        ports.refusedAsAbandoned());
    value(page, "trawl_streams", "gauge", "Open streams of HTTP/2 on all ports", memory.streams());
    value(
        page,
        "trawl_streams_refused_total",
        "counter",
        "Streams that were not begun, since their address had too many open",
        ports.refusedStreams());
    if (connections != null) {
      value(page, "trawl_connections", "gauge", "Open connections", connections.open());
      value(
          page,
          "trawl_connections_refused_total",
          "counter",
          "Connections that found no room",
          connections.refused());
      value(
          page,
          "trawl_connections_silent_total",
          "counter",
          "Connections that were closed because nothing whole came",
          connections.silent());
    }
  }

  private static void value(StringBuilder page, String name, String type, String help, long value) {
    family(page, name, type, help);
    page.append(name).append(' ').append(value).append('\n');
  }

  private static void failures(StringBuilder page, List<ServedModel> models) {
    String name = "nv_inference_request_failure";
    family(page, name, "counter", "Number of failed inference requests, all batch sizes");
    for (ServedModel model : models) {
      for (Reason reason : Reason.values()) {
        String labels = labels(model) + ",reason=\"" + reason + "\"";
        sample(page, name, labels, model.stats().failures(reason));
      }
    }
  }

  private static void micros(
      StringBuilder page,
      List<ServedModel> models,
      String name,
      String help,
      ToLongFunction<ServedModel> nanos) {
    counter(page, models, name, help, model -> nanos.applyAsLong(model) / 1000);
  }

  private static void counter(
      StringBuilder page,
      List<ServedModel> models,
      String name,
      String help,
      ToLongFunction<ServedModel> value) {
    family(page, name, "counter", help);
    for (ServedModel model : models) {
      sample(page, name, labels(model), value.applyAsLong(model));
    }
  }

  private static void family(StringBuilder page, String name, String type, String help) {
    page.append("# HELP ").append(name).append(' ').append(help).append('\n');
    page.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private static void sample(StringBuilder page, String name, String labels, long value) {
    page.append(name).append('{').append(labels).append("} ").append(value).append('\n');
  }

  private static String labels(ServedModel model) {
    return "model=\"" + escaped(model.spec().name()) + "\",version=\"" + model.version() + "\"";
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
