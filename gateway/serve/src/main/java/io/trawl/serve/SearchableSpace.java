package io.trawl.serve;

import io.trawl.domain.Behaviour;
import io.trawl.domain.EngineName;
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
import io.trawl.serve.source.HitSource;
import io.trawl.serve.source.LexicalSource;
import io.trawl.serve.source.NeighbourSource;
import io.trawl.serve.source.SourceFailed;
import io.trawl.serve.source.SpaceSources;
import io.trawl.serve.source.VectorSource;
import io.trawl.space.MemoryFault;
import io.trawl.space.Space;
import io.trawl.space.catalogue.AttributeValue;
import io.trawl.space.catalogue.Eligibility;
import io.trawl.space.manifest.PromptGrammar;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A space with the engines that search it: all that a request may mix, and nothing else. Either its
 * item vectors are here, or each search fetches those that it scores.
 */
public abstract sealed class SearchableSpace {

  private final Space space;
  private final Soundness soundness = new Soundness();
  private final ScoreKernel kernel;
  private final Optional<NeighbourSource> graph;
  private final Optional<NeighbourSource> outside;
  private final HitSource hits;
  private final LexicalSource lexical;
  private final VectorSource vectors;
  private final Map<Measure, Map<EngineName, Engine>> engines = new EnumMap<>(Measure.class);

  private SearchableSpace(
      Space space, ScoreKernel kernel, SpaceSources sources, VectorSource vectors) {
    this.space = space;
    this.kernel = kernel;
    this.graph = space.neighbours().map(NeighbourSource::local);
    this.outside = Optional.ofNullable(sources.neighbours());
    this.hits = Objects.requireNonNullElse(sources.hits(), HitSource.NONE);
    this.lexical = Objects.requireNonNullElse(sources.lexical(), LexicalSource.NONE);
    this.vectors = vectors;
  }

  /**
   * @param space stays open for as long as this is used; closing it is the caller's business
   * @param kernel what every engine scores with
   */
  public static SearchableSpace of(Space space, ScoreKernel kernel) {
    return of(space, kernel, SpaceSources.none());
  }

  /**
   * @param sources what it is searched with beside its own files
   * @throws IllegalArgumentException if that does not make up for what the space was opened without
   */
  public static SearchableSpace of(Space space, ScoreKernel kernel, SpaceSources sources) {
    var held = space.itemVectors();
    return held.isPresent()
        ? new Held(space, held.get(), kernel, sources)
        : new Fetched(space, kernel, sources);
  }

  /** Its item vectors are here: any of its items can be scored at any time. */
  public static final class Held extends SearchableSpace {

    private Held(Space space, ItemVectors items, ScoreKernel kernel, SpaceSources sources) {
      super(space, kernel, sources, VectorSource.held(items));
      var cosine = Kernels.cosine(kernel, items);
      add(Measure.PRODUCT, Engine.exact(items, kernel));
      add(Measure.COSINE, Engine.exact(items, cosine));
      if (hasNeighbours()) {
        add(Measure.PRODUCT, Engine.explore(items, kernel));
        add(Measure.COSINE, Engine.explore(items, cosine));
      }
      if (sources.hits() != null) {
        // Its index measures by inner products; those are no cosines.
        add(Measure.PRODUCT, Engine.milvus(items, kernel, sources.firstHits()));
      }
    }

    /** The engine that scans. */
    public Engine exact(Measure measure) {
      return engine(EngineName.EXACT, measure).orElseThrow();
    }

    /** A scan is cheap where little is left, and always sure. */
    @Override
    Optional<Engine> forFilter(Measure measure, boolean few) {
      return few ? Optional.of(exact(measure)) : Optional.empty();
    }

    @Override
    Optional<NeighbourSource> reserve() {
      return super.graph;
    }

    @Override
    int mostRead(int fetched) {
      return Integer.MAX_VALUE;
    }
  }

  /** Each search fetches what it scores, so that it scores little and nothing without a source. */
  public static final class Fetched extends SearchableSpace {

    private Fetched(Space space, ScoreKernel kernel, SpaceSources sources) {
      super(space, kernel, sources, source(space, sources));
      if (!hasNeighbours()) {
        throw lacks(space, "item vectors nor neighbours");
      }
      add(Measure.PRODUCT, Engine.exploreFetched(items(), width(), kernel));
      add(Measure.COSINE, Engine.exploreFetched(items(), width(), Kernels.cosine(kernel)));
      if (sources.hits() != null) {
        add(Measure.PRODUCT, Engine.milvusFetched(items(), width(), kernel, sources.firstHits()));
      }
    }

    private static VectorSource source(Space space, SpaceSources sources) {
      var source = sources.vectors();
      if (source == null) {
        throw lacks(space, "item vectors nor a source of them");
      }
      return source;
    }

    private static IllegalArgumentException lacks(Space space, String what) {
      return new IllegalArgumentException("space %s has neither %s".formatted(space.id(), what));
    }

    /** Nothing can be scanned, so that no list could be filled up: the index sees to any filter. */
    @Override
    Optional<Engine> forFilter(Measure measure, boolean few) {
      return engine(EngineName.MILVUS, measure);
    }

    @Override
    Optional<NeighbourSource> reserve() {
      return Optional.empty();
    }

    @Override
    int mostRead(int fetched) {
      return fetched;
    }
  }

  final void add(Measure measure, Engine engine) {
    engines
        .computeIfAbsent(measure, _ -> new EnumMap<>(EngineName.class))
        .put(engine.name(), engine);
  }

  final boolean hasNeighbours() {
    return outside.isPresent() || graph.isPresent();
  }

  /**
   * What suits a filter better than the engine of choice, whatever that is; empty where nothing
   * does.
   *
   * @param few whether the filter leaves no more items than an exploration would score
   */
  abstract Optional<Engine> forFilter(Measure measure, boolean few);

  /** The graph that it can be searched with while nobody outside answers. */
  abstract Optional<NeighbourSource> reserve();

  /** How many item vectors may be read where so many may be fetched. */
  abstract int mostRead(int fetched);

  public SpaceId id() {
    return space.id();
  }

  /** Whether its files are still to be trusted. */
  public Soundness soundness() {
    return soundness;
  }

  /** N, the number of items. */
  public int items() {
    return space.catalogue().count();
  }

  public List<Objective> objectives() {
    return space.objectives();
  }

  Optional<Objective> objective(String name) {
    return space.objective(name);
  }

  /** An engine that this space can be searched with. */
  Optional<Engine> engine(EngineName name, Measure measure) {
    return Optional.ofNullable(engines(measure).get(name));
  }

  List<String> engineNames(Measure measure) {
    return engines(measure).keySet().stream().map(EngineName::label).toList();
  }

  /** What to search with where the engine of choice does not measure so: every space has it. */
  Engine localEngine(Measure measure) {
    return engine(EngineName.EXPLORE, measure)
        .or(() -> engine(EngineName.EXACT, measure))
        .orElseThrow();
  }

  /** A scan of these item vectors alone. */
  public Engine over(ItemVectors rows) {
    return Engine.exact(rows, kernel);
  }

  private Map<EngineName, Engine> engines(Measure measure) {
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

  /** M, the query vectors that the backbone gives. */
  int queryVectors() {
    return space.manifest().sizes().queryVectors();
  }

  /** H, the numbers per item vector. */
  int width() {
    return space.manifest().sizes().vectorWidth();
  }

  public VectorSource vectors() {
    return vectors;
  }

  /** What explorations ask: a source outside, else the space's own graph. */
  NeighbourSource neighbours() {
    return outside
        .or(() -> graph)
        .orElse(
            (_, _, _, _) ->
                Future.failedFuture(new SourceFailed("the space has no neighbour graph")));
  }

  /** The space's own graph where {@link #neighbours} come from outside: for when these fail. */
  Optional<NeighbourSource> fallback() {
    return outside.isPresent() ? graph : Optional.empty();
  }

  /** What the engine {@code milvus} asks. */
  HitSource hits() {
    return hits;
  }

  /** The ordinals of the items that the space knows of these, ascending. */
  int[] ordinals(Set<String> ids) {
    var known = ids.stream().mapToInt(this::ordinal).filter(o -> o >= 0).sorted().toArray();
    MemoryFault.throwPending();
    return known;
  }

  /** What is wrong with a filter for this space's attributes; empty when nothing is. */
  List<Violation> violations(Filter filter) {
    return space.catalogue().violations(filter);
  }

  /** The items that a checked filter lets through. Reads whole columns: for the compute pool. */
  ItemSet matching(Filter filter) {
    return switch (space.catalogue().eligible(filter)) {
      case Eligibility.Eligible(var items) -> items;
      case Eligibility.Invalid(var violations) ->
          throw new IllegalArgumentException("the filter was not checked: " + violations);
    };
  }

  /** Whether any objective has a lexical leg. */
  boolean isLexical() {
    return space.lexical().isPresent();
  }

  /** What finds items by words. */
  LexicalSource lexical() {
    return lexical;
  }

  /** The items outside the head of popularity. */
  ItemSet tail() {
    return space.tail();
  }

  /** The texts of one attribute that the items of a history have, each once. */
  List<Filter.Value> texts(String attribute, List<Behaviour> history) {
    var ordinals =
        history.stream().mapToInt(one -> ordinal(one.itemId())).filter(o -> o >= 0).distinct();
    return space.catalogue().texts(attribute, ordinals.toArray()).stream()
        .<Filter.Value>map(Filter.Text::new)
        .toList();
  }

  /** What a search found, as a person sees it. */
  List<RankedItem> ranked(SearchResult found, @Nullable SearchExplanation explanation) {
    var ordinals = found.ordinals();
    var items = new RankedItem[ordinals.length];
    for (var i = 0; i < ordinals.length; i++) {
      var why = explanation == null ? null : new Why(found(explanation, i), null);
      items[i] = item(ordinals[i], found.scores()[i], why);
    }
    MemoryFault.throwPending();
    return List.of(items);
  }

  /**
   * What two legs found, fused.
   *
   * @param explained whether it is said of each item where it stood in either
   * @param explanation of the dense leg, where there is one
   */
  List<RankedItem> fused(
      List<ReciprocalRank.Fused> fused,
      boolean explained,
      @Nullable SearchExplanation explanation) {
    var items = new ArrayList<RankedItem>(fused.size());
    for (var one : fused) {
      var why = explained ? why(one, explanation) : null;
      items.add(item(one.ordinal(), (float) one.worth(), why));
    }
    MemoryFault.throwPending();
    return items;
  }

  private Why why(ReciprocalRank.Fused one, @Nullable SearchExplanation explanation) {
    var dense = one.dense();
    return new Why(
        dense == null || explanation == null ? null : found(explanation, dense.index()),
        new Why.Legs(at(dense), at(one.lexical())));
  }

  private static Why.@Nullable At at(ReciprocalRank.@Nullable Standing standing) {
    return standing == null ? null : new Why.At(standing.index() + 1, standing.score());
  }

  /** What words alone found: the best k of it, by its own scores. */
  List<RankedItem> byWords(LexicalSource.Found found, int k, boolean explained) {
    var items = new ArrayList<RankedItem>();
    for (var i = 0; i < Math.min(k, found.ordinals().length); i++) {
      var at = new Why.At(i + 1, found.scores()[i]);
      var why = explained ? new Why(null, new Why.Legs(null, at)) : null;
      items.add(item(found.ordinals()[i], found.scores()[i], why));
    }
    MemoryFault.throwPending();
    return items;
  }

  private RankedItem item(int ordinal, float score, @Nullable Why why) {
    var catalogue = space.catalogue();
    return new RankedItem(catalogue.id(ordinal), catalogue.title(ordinal), score, why);
  }

  private Why.Found found(SearchExplanation explanation, int i) {
    var parent = explanation.neighbourOf()[i];
    return new Why.Found(
        explanation.queryVectors()[i],
        explanation.foundIn()[i],
        parent < 0 ? null : space.catalogue().id(parent));
  }

  public Optional<Item> item(String id) {
    var ordinal = space.catalogue().ordinal(id);
    if (ordinal < 0) {
      MemoryFault.throwPending();
      return Optional.empty();
    }
    var attributes = new LinkedHashMap<String, List<Filter.Value>>();
    space
        .catalogue()
        .attributes(ordinal)
        .forEach((name, value) -> attributes.put(name, values(value)));
    var item = new Item(id, space.catalogue().title(ordinal), attributes);
    MemoryFault.throwPending();
    return Optional.of(item);
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
