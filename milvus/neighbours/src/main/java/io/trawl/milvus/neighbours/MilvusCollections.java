package io.trawl.milvus.neighbours;

import com.google.gson.JsonObject;
import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.common.ConsistencyLevel;
import io.milvus.v2.common.DataType;
import io.milvus.v2.common.IndexParam;
import io.milvus.v2.exception.MilvusClientException;
import io.milvus.v2.service.collection.request.AlterCollectionPropertiesReq;
import io.milvus.v2.service.collection.request.CreateCollectionReq;
import io.milvus.v2.service.collection.request.DescribeCollectionReq;
import io.milvus.v2.service.collection.request.DropCollectionReq;
import io.milvus.v2.service.collection.request.GetCollectionStatsReq;
import io.milvus.v2.service.collection.request.LoadCollectionReq;
import io.milvus.v2.service.collection.request.ReleaseCollectionReq;
import io.milvus.v2.service.index.request.CreateIndexReq;
import io.milvus.v2.service.index.request.DescribeIndexReq;
import io.milvus.v2.service.utility.request.AlterAliasReq;
import io.milvus.v2.service.utility.request.CreateAliasReq;
import io.milvus.v2.service.utility.request.DescribeAliasReq;
import io.milvus.v2.service.utility.request.DropAliasReq;
import io.milvus.v2.service.utility.request.FlushReq;
import io.milvus.v2.service.utility.request.ListAliasesReq;
import io.milvus.v2.service.vector.request.InsertReq;
import io.milvus.v2.service.vector.request.QueryReq;
import io.milvus.v2.service.vector.request.SearchReq;
import io.milvus.v2.service.vector.request.UpsertReq;
import io.milvus.v2.service.vector.request.data.BaseVector;
import io.milvus.v2.service.vector.request.data.FloatVec;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.serve.source.Cancellation;
import io.trawl.space.catalogue.Attribute;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The collections of a Milvus that hold items of spaces, one call each: made, filled, asked about,
 * renamed by aliases, dropped. What to do in which order is {@code milvus/admin}'s.
 *
 * <p>Every call may take {@link MilvusOptions#callTimeout}; filling and flushing want a long one.
 * Futures fail with {@link MilvusCallFailed} and end on the caller's context.
 */
public final class MilvusCollections {

  /** Milvus' own codes for a collection and an index that it does not know. */
  private static final Set<Integer> ABSENT = Set.of(100, 700);

  private final MilvusConnection connection;
  private final Supplier<Deadline> deadline;

  /** Each call may take as long as the connection lets calls take. */
  public MilvusCollections(MilvusConnection connection, Ticker ticker) {
    this(connection, () -> Deadline.after(connection.options().callTimeout(), ticker));
  }

  private MilvusCollections(MilvusConnection connection, Supplier<Deadline> deadline) {
    this.connection = connection;
    this.deadline = deadline;
  }

  /** The same, of which all calls together end by then. */
  MilvusCollections until(Deadline end) {
    return new MilvusCollections(connection, () -> end);
  }

  /** The collection of that name or alias; empty where there is none. */
  public Future<Optional<CollectionFacts>> describe(String nameOrAlias) {
    return call("describe", sdk -> Optional.of(facts(sdk, nameOrAlias))).recover(absent());
  }

  private static CollectionFacts facts(MilvusClientV2 sdk, String nameOrAlias) {
    var said =
        sdk.describeCollection(DescribeCollectionReq.builder().collectionName(nameOrAlias).build());
    var name = resolved(sdk, nameOrAlias);
    var rows = sdk.getCollectionStats(GetCollectionStatsReq.builder().collectionName(name).build());
    var vector = said.getCollectionSchema().getField(ItemFields.VECTOR);
    var ours = vector != null && vector.getDataType() == DataType.FloatVector;
    return new CollectionFacts(
        name, rows.getNumOfEntities(), ours ? vector.getDimension() : 0, said.getProperties());
  }

  /** Asked by an alias, Milvus 2.3 describes the collection under the alias' name. */
  private static String resolved(MilvusClientV2 sdk, String nameOrAlias) {
    try {
      return sdk.describeAlias(DescribeAliasReq.builder().alias(nameOrAlias).build())
          .getCollectionName();
    } catch (MilvusClientException failed) {
      if (SdkErrors.of(failed) instanceof MilvusFailure.Wrong) {
        return nameOrAlias;
      }
      throw failed;
    }
  }

  /** The names of all collections, sorted. */
  public Future<List<String>> names() {
    return call(
        "list", sdk -> sdk.listCollections().getCollectionNames().stream().sorted().toList());
  }

  /** Makes an empty collection; fails where there is another one of that name. */
  public Future<Void> create(String name, ItemSchema schema, Map<String, String> properties) {
    return run(
        "create",
        sdk ->
            sdk.createCollection(
                CreateCollectionReq.builder()
                    .collectionName(name)
                    .collectionSchema(ItemRows.schema(schema))
                    .consistencyLevel(ConsistencyLevel.BOUNDED)
                    .properties(new HashMap<>(properties))
                    .build()));
  }

  /**
   * Asks for an index over the vectors, those there are and those to come; it is built in time. A
   * collection without one cannot be loaded.
   */
  public Future<Void> createIndex(String name, IndexChoice index) {
    return run(
        "create_index",
        sdk ->
            sdk.createIndex(
                CreateIndexReq.builder()
                    .collectionName(name)
                    .indexParams(List.of(parameters(index)))
                    .sync(false)
                    .build()));
  }

  private static IndexParam parameters(IndexChoice index) {
    return IndexParam.builder()
        .fieldName(ItemFields.VECTOR)
        .indexName(ItemFields.VECTOR)
        .indexType(IndexParam.IndexType.valueOf(index.kind().name()))
        .metricType(IndexParam.MetricType.IP)
        .extraParams(new HashMap<>(index.build()))
        .build();
  }

  /** Writes properties beside those that are there; an empty text stands for none. */
  public Future<Void> write(String name, Map<String, String> properties) {
    return run(
        "write_properties",
        sdk ->
            sdk.alterCollectionProperties(
                AlterCollectionPropertiesReq.builder()
                    .collectionName(name)
                    .properties(new HashMap<>(properties))
                    .build()));
  }

  /** Drops a collection, whatever points to it: Milvus itself does not mind. */
  public Future<Void> drop(String name) {
    return run(
        "drop",
        sdk -> sdk.dropCollection(DropCollectionReq.builder().collectionName(name).build()));
  }

  /**
   * Writes rows of which none is there yet. Cheaper than {@link #upsert}, for which Milvus notes a
   * deletion of every row and later rewrites and indexes anew what has many of these.
   */
  public Future<Void> insert(String name, List<ItemRow> rows, List<Attribute> schema) {
    return run(
        "insert",
        sdk ->
            sdk.insert(InsertReq.builder().collectionName(name).data(json(rows, schema)).build()));
  }

  /** Writes rows; those that are there by ordinal are replaced. */
  public Future<Void> upsert(String name, List<ItemRow> rows, List<Attribute> schema) {
    return run(
        "upsert",
        sdk ->
            sdk.upsert(UpsertReq.builder().collectionName(name).data(json(rows, schema)).build()));
  }

  private static List<JsonObject> json(List<ItemRow> rows, List<Attribute> schema) {
    var fields = ItemFields.of(schema);
    return rows.stream().map(row -> ItemRows.json(row, schema, fields)).toList();
  }

  /** Seals what was written, so that it is indexed. */
  public Future<Void> flush(String name) {
    return run(
        "flush", sdk -> sdk.flush(FlushReq.builder().collectionNames(List.of(name)).build()));
  }

  /** How far the index over the vectors is; empty where there is none. */
  public Future<Optional<IndexProgress>> index(String name) {
    return this.<Optional<IndexProgress>>call(
            "describe_index",
            sdk ->
                sdk
                    .describeIndex(
                        DescribeIndexReq.builder()
                            .collectionName(name)
                            .fieldName(ItemFields.VECTOR)
                            .build())
                    .getIndexDescriptions()
                    .stream()
                    .findFirst()
                    .map(
                        index ->
                            new IndexProgress(
                                index.getIndexType().getName(),
                                index.getIndexedRows(),
                                index.getPendingIndexRows(),
                                Optional.ofNullable(index.getIndexFailedReason()).orElse(""))))
        .recover(absent());
  }

  /** Brings a collection into memory, and waits until it can be searched. */
  public Future<Void> load(String name) {
    return run(
        "load",
        sdk ->
            sdk.loadCollection(
                LoadCollectionReq.builder()
                    .collectionName(name)
                    .sync(true)
                    .timeout(connection.options().callTimeout().toMillis())
                    .build()));
  }

  /** Takes a collection out of memory; it cannot be searched until it is loaded again. */
  public Future<Void> release(String name) {
    return run(
        "release",
        sdk -> sdk.releaseCollection(ReleaseCollectionReq.builder().collectionName(name).build()));
  }

  /** How many rows there are, counted after all that was written before. It must be loaded. */
  public Future<Long> count(String name) {
    return count(name, "");
  }

  /** How many rows there are of the ordinals from {@code first} and below {@code end}. */
  public Future<Long> count(String name, int first, int end) {
    return count(
        name, "%s >= %d && %s < %d".formatted(ItemFields.ORDINAL, first, ItemFields.ORDINAL, end));
  }

  private Future<Long> count(String name, String filter) {
    return call(
        "count",
        sdk ->
            (Long)
                sdk.query(
                        QueryReq.builder()
                            .collectionName(name)
                            .filter(filter)
                            .outputFields(List.of("count(*)"))
                            .consistencyLevel(ConsistencyLevel.STRONG)
                            .build())
                    .getQueryResults()
                    .getFirst()
                    .getEntity()
                    .get("count(*)"));
  }

  /** The rows of these ordinals, by ordinal; those that are not there are left out. */
  public Future<Map<Integer, ItemRow>> rows(
      String name, List<Integer> ordinals, List<Attribute> schema) {
    var fields = ItemFields.of(schema);
    var wanted = new ArrayList<>(fields.values());
    wanted.addAll(List.of(ItemFields.ORDINAL, ItemFields.ID, ItemFields.VECTOR));
    return call(
        "rows",
        sdk ->
            sdk
                .query(
                    QueryReq.builder()
                        .collectionName(name)
                        .ids(ordinals.stream().<Object>map(Integer::longValue).toList())
                        .outputFields(wanted)
                        .consistencyLevel(ConsistencyLevel.STRONG)
                        .build())
                .getQueryResults()
                .stream()
                .map(result -> ItemRows.row(result.getEntity(), schema, fields))
                .collect(Collectors.toMap(ItemRow::ordinal, Function.identity())));
  }

  /**
   * The best of each query vector, best first, as the index finds them: of what is loaded, without
   * waiting for what is being written.
   */
  public Future<List<List<StoredHit>>> search(
      String name, List<float[]> queries, int limit, Map<String, Integer> parameters) {
    return call(
        "search",
        sdk ->
            sdk
                .search(
                    SearchReq.builder()
                        .collectionName(name)
                        .annsField(ItemFields.VECTOR)
                        .metricType(IndexParam.MetricType.IP)
                        .data(queries.stream().<BaseVector>map(FloatVec::new).toList())
                        .limit(limit)
                        .searchParams(new HashMap<>(parameters))
                        .consistencyLevel(ConsistencyLevel.EVENTUALLY)
                        .build())
                .getSearchResults()
                .stream()
                .map(
                    hits ->
                        hits.stream()
                            .map(
                                hit ->
                                    new StoredHit(
                                        Math.toIntExact((Long) hit.getId()), hit.getScore()))
                            .toList())
                .toList());
  }

  /** The aliases that point to a collection, sorted. */
  public Future<List<String>> aliases(String name) {
    return call(
        "list_aliases",
        sdk ->
            sdk
                .listAliases(ListAliasesReq.builder().collectionName(name).build())
                .getAlias()
                .stream()
                .sorted()
                .toList());
  }

  /** Points an alias that there is to another collection, in one step for all who ask by it. */
  public Future<Void> move(String alias, String name) {
    return run(
        "alter_alias",
        sdk -> sdk.alterAlias(AlterAliasReq.builder().alias(alias).collectionName(name).build()));
  }

  /** Makes an alias; fails where there is one of that name. */
  public Future<Void> createAlias(String alias, String name) {
    return run(
        "create_alias",
        sdk -> sdk.createAlias(CreateAliasReq.builder().alias(alias).collectionName(name).build()));
  }

  public Future<Void> dropAlias(String alias) {
    return run("drop_alias", sdk -> sdk.dropAlias(DropAliasReq.builder().alias(alias).build()));
  }

  private Future<Void> run(String operation, Consumer<MilvusClientV2> work) {
    return this.<Boolean>call(
            operation,
            sdk -> {
              work.accept(sdk);
              return true;
            })
        .mapEmpty();
  }

  private <T> Future<T> call(String operation, Function<MilvusClientV2, T> work) {
    return connection.call(operation, deadline.get(), new Cancellation(), work);
  }

  private static <T> Function<Throwable, Future<Optional<T>>> absent() {
    return thrown ->
        thrown instanceof MilvusCallFailed failed
                && failed.failure() instanceof MilvusFailure.Wrong(var said, _)
                && ABSENT.contains(said)
            ? Future.succeededFuture(Optional.empty())
            : Future.failedFuture(thrown);
  }
}
