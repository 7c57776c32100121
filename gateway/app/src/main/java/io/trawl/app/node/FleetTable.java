package io.trawl.app.node;

import io.trawl.serve.source.WorkerTable;
import io.trawl.workers.fleet.Fleet;
import io.trawl.workers.fleet.ModelFleet;
import io.trawl.workers.fleet.replica.Replica;
import java.util.List;
import java.util.Locale;

/** A fleet as the table that operators look at. */
record FleetTable(Fleet fleet) implements WorkerTable {

  @Override
  public Now now() {
    List<ModelFleet> models = fleet.models();
    return new Now(
        models.stream()
            .flatMap(model -> model.states().stream().map(state -> row(model, state)))
            .toList(),
        models.stream().mapToInt(ModelFleet::waiting).sum());
  }

  private static Row row(ModelFleet model, Replica.State state) {
    return new Row(
        state.endpoint().toString(),
        model.model(),
        model.version(),
        state.zone(),
        state.standing().name().toLowerCase(Locale.ROOT),
        state.why(),
        state.since(),
        state.underWay(),
        state.limit(),
        state.latency(),
        state.share(),
        state.ejections());
  }
}
