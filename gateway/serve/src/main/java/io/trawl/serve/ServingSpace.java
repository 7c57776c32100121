package io.trawl.serve;

import io.trawl.domain.Filter;
import io.trawl.domain.Item;
import io.trawl.domain.Objective;
import io.trawl.domain.RankedItem;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Violation;
import io.trawl.domain.Why;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.ScoreKernel;
import io.trawl.retrieval.SearchExplanation;
import io.trawl.retrieval.SearchResult;
import io.trawl.space.Space;
import io.trawl.space.catalogue.AttributeValue;
import io.trawl.space.catalogue.Eligibility;
import io.trawl.space.manifest.PromptGrammar;
import io.vertx.core.Future;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A space with the engines that search it: all that a request may mix, and nothing else. */
public final class ServingSpace {

  private static final String EXACT = "exact";
  private static final String EXPLORE = "explore";
  private static final String MILVUS = "milvus";

  private final Space space;
  private final Map<Measure, Map<String, Engine>> engines = new EnumMap<>(Measure.class);
  private final NeighbourSource neighbours;
  private final @Nullable NeighbourSource graph;
  private final boolean neighboursFromOutside;
  private final @Nullable HitSource hits;
  private final VectorSource vectors;
  private final ScoreKernel kernel;
  private final ItemSet everything;

  /**
   * @param space stays open for as long as this is used; closing it is the caller's business
   * @param kernel what every engine scores with
   */
  public ServingSpace(Space space, ScoreKernel kernel) {
    this(space, kernel, SpaceSources.none());
  }

  /**
   * @param sources what it is searched with beside its own files
   * @throws IllegalArgumentException if that does not make up for what the space was opened without
   */
  public ServingSpace(Space space, ScoreKernel kernel, SpaceSources sources) {
    this.space = space;
    this.graph = space.neighbours().map(NeighbourSource::local).orElse(null);
    this.neighboursFromOutside = sources.neighbours() != null;
    this.neighbours =
        Optional.ofNullable(sources.neighbours())
            .or(() -> Optional.ofNullable(graph))
            .orElse((_, _, _) -> Future.failedFuture("the space has no neighbour graph"));
    this.hits = sources.hits();
    this.vectors =
        space
            .itemVectors()
            .map(VectorSource::held)
            .or(() -> Optional.ofNullable(sources.vectors()))
            .orElseThrow(() -> lacks("item vectors nor a source of them"));
    this.kernel = kernel;
    this.everything = ItemSet.all(space.catalogue().count());
    space
        .itemVectors()
        .ifPresentOrElse(
            items -> addEngines(items, sources.firstHits()),
            () -> addFetchingEngines(sources.firstHits()));
  }

  private void addEngines(ItemVectors items, int firstHits) {
    var products = new LinkedHashMap<String, Engine>();
    var cosines = new LinkedHashMap<String, Engine>();
    var cosine = Kernels.cosine(kernel, items);
    products.put(EXACT, Engine.exact(items, kernel));
    cosines.put(EXACT, Engine.exact(items, cosine));
    if (graph != null || neighboursFromOutside) {
      products.put(EXPLORE, Engine.explore(items, kernel));
      cosines.put(EXPLORE, Engine.explore(items, cosine));
    }
    if (hits != null) {
      // Its index measures by inner products; those are no cosines.
      products.put(MILVUS, Engine.milvus(items, kernel, firstHits));
    }
    engines.put(Measure.PRODUCT, products);
    engines.put(Measure.COSINE, cosines);
  }

  private void addFetchingEngines(int firstHits) {
    if (graph == null && !neighboursFromOutside) {
      throw lacks("item vectors nor neighbours");
    }
    var products = new LinkedHashMap<String, Engine>();
    products.put(EXPLORE, Engine.exploreFetched(items(), width(), kernel));
    if (hits != null) {
      products.put(MILVUS, Engine.milvusFetched(items(), width(), kernel, firstHits));
    }
    engines.put(Measure.PRODUCT, products);
    engines.put(
        Measure.COSINE,
        Map.of(EXPLORE, Engine.exploreFetched(items(), width(), Kernels.cosine(kernel))));
  }

  private IllegalArgumentException lacks(String what) {
    return new IllegalArgumentException("space %s has neither %s".formatted(space.id(), what));
  }

  public SpaceId id() {
    return space.id();
  }

  /** N, the number of items. */
  int items() {
    return everything.count();
  }

  public List<Objective> objectives() {
    return space.objectives();
  }

  /** An engine that this space can be searched with. */
  Optional<Engine> engine(String name, Measure measure) {
    return Optional.ofNullable(engines(measure).get(name));
  }

  List<String> engineNames(Measure measure) {
    return List.copyOf(engines(measure).keySet());
  }

  /** What to search with where the engine of choice does not measure so: every space has it. */
  Engine localEngine(Measure measure) {
    return engine(EXPLORE, measure).or(() -> exact(measure)).orElseThrow();
  }

  /** The engine that scans; empty where the item vectors are not here. */
  Optional<Engine> exact(Measure measure) {
    return engine(EXACT, measure);
  }

  /** What finds whatever a filter leaves, however little; empty where nothing does. */
  Optional<Engine> forFilter(Measure measure) {
    return exact(measure).or(() -> engine(MILVUS, measure));
  }

  /** A scan of these item vectors alone. */
  Engine over(ItemVectors rows) {
    return Engine.exact(rows, kernel);
  }

  private Map<String, Engine> engines(Measure measure) {
    return Objects.requireNonNull(engines.get(measure));
  }

  /** An item's ordinal, or -1 for one that the space does not know. */
  int ordinal(String id) {
    return space.catalogue().ordinal(id);
  }

  /** How histories are written, and which actions they may hold. */
  PromptGrammar.History history() {
    return space.manifest().prompts().grammar().history();
  }

  /** H, the numbers per item vector. */
  int width() {
    return space.manifest().sizes().vectorWidth();
  }

  VectorSource vectors() {
    return vectors;
  }

  /** Whether searches fetch what they score, within {@link VectorSource#MOST_FETCHED}. */
  boolean fetchesVectors() {
    return space.itemVectors().isEmpty();
  }

  NeighbourSource neighbours() {
    return neighbours;
  }

  /** The space's own graph; null where it has none. */
  @Nullable NeighbourSource graph() {
    return graph;
  }

  /** Whether {@link #neighbours} come from elsewhere than the graph. */
  boolean neighboursFromOutside() {
    return neighboursFromOutside;
  }

  /** The index of its items; null where it has none. */
  @Nullable HitSource hits() {
    return hits;
  }

  /** The ordinals of the items that the space knows of these, ascending. */
  int[] ordinals(Set<String> ids) {
    return ids.stream().mapToInt(this::ordinal).filter(o -> o >= 0).sorted().toArray();
  }

  /** What is wrong with a filter for this space's attributes; empty when nothing is. */
  List<Violation> violations(Filter filter) {
    return space.catalogue().violations(filter);
  }

  /** All items. */
  ItemSet everything() {
    return everything;
  }

  /** The items that a checked filter lets through. Reads whole columns: for the compute pool. */
  ItemSet matching(Filter filter) {
    return switch (space.catalogue().eligible(filter)) {
      case Eligibility.Eligible(var items) -> items;
      case Eligibility.Invalid(var violations) ->
          throw new IllegalArgumentException("the filter was not checked: " + violations);
    };
  }

  /** What a search found, as a person sees it. */
  List<RankedItem> ranked(SearchResult found, @Nullable SearchExplanation explanation) {
    var catalogue = space.catalogue();
    var ordinals = found.ordinals();
    var items = new RankedItem[ordinals.length];
    for (var i = 0; i < ordinals.length; i++) {
      items[i] =
          new RankedItem(
              catalogue.id(ordinals[i]),
              catalogue.title(ordinals[i]),
              found.scores()[i],
              explanation == null ? null : why(explanation, i));
    }
    return List.of(items);
  }

  private Why why(SearchExplanation explanation, int i) {
    var parent = explanation.neighbourOf()[i];
    return new Why(
        explanation.queryVectors()[i],
        explanation.foundIn()[i],
        parent < 0 ? null : space.catalogue().id(parent));
  }

  Optional<Item> item(String id) {
    var ordinal = space.catalogue().ordinal(id);
    if (ordinal < 0) {
      return Optional.empty();
    }
    var attributes = new LinkedHashMap<String, List<Filter.Value>>();
    space
        .catalogue()
        .attributes(ordinal)
        .forEach((name, value) -> attributes.put(name, values(value)));
    return Optional.of(new Item(id, space.catalogue().title(ordinal), attributes));
  }

  private static List<Filter.Value> values(AttributeValue value) {
    return switch (value) {
      case AttributeValue.Text(var text) -> List.of(new Filter.Text(text));
      case AttributeValue.Texts(var texts) ->
          texts.stream().<Filter.Value>map(Filter.Text::new).toList();
      case AttributeValue.Number(var number) -> List.of(new Filter.Number(number));
      case AttributeValue.Flag(var flag) -> List.of(new Filter.Flag(flag));
    };
  }
}
