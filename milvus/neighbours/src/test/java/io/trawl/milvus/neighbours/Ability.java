package io.trawl.milvus.neighbours;

import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.common.ConsistencyLevel;
import io.milvus.v2.service.vector.request.SearchReq;
import io.milvus.v2.service.vector.request.data.FloatVec;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.serve.source.Cancellation;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * What servers that speak Milvus' protocol differ in. Whether one has it is tried out, never told
 * by its name; {@code docs/milvus-differences.md} has a row for each.
 */
enum Ability {
  FILTER_TEMPLATES {
    @Override
    void tryOut(Trial trial) {
      trial.expect(
          List.of(List.of(1)),
          trial.search(
              ask ->
                  ask.data(List.of(new FloatVec(new float[] {1, 0})))
                      .filter("ordinal in {some}")
                      .filterTemplateValues(Map.of("some", List.of(1L)))));
    }
  },
  SEARCH_BY_IDS {
    @Override
    void tryOut(Trial trial) {
      trial.expect(List.of(List.of(2, 1, 0)), trial.search(ask -> ask.ids(List.of(1L))));
    }
  },
  ALIASES {
    @Override
    void tryOut(Trial trial) {
      var alias = trial.name() + "_alias";
      done(trial.collections().createAlias(alias, trial.name()));
      var facts = done(trial.collections().describe(alias));
      var aliases = done(trial.collections().aliases(trial.name()));
      done(trial.collections().dropAlias(alias));
      trial.expect(Optional.of(trial.name()), facts.map(CollectionFacts::name));
      trial.expect(List.of(alias), aliases);
    }
  },
  PROPERTIES {
    @Override
    void tryOut(Trial trial) {
      done(trial.collections().write(trial.name(), Map.of(CollectionFacts.VERIFIED, "abc")));
      var facts = done(trial.collections().describe(trial.name())).orElseThrow();
      trial.expect(Optional.of("shop@1"), facts.space());
      trial.expect(Optional.of("abc"), facts.checksum());
    }
  },
  COUNT {
    @Override
    void tryOut(Trial trial) {
      trial.expect(3L, done(trial.collections().count(trial.name())));
      trial.expect(2L, done(trial.collections().count(trial.name(), 1, 3)));
    }
  },
  INDEXED_ROWS {
    @Override
    void tryOut(Trial trial) {
      done(trial.collections().flush(trial.name()));
      var progress = done(trial.collections().index(trial.name())).orElseThrow();
      trial.expect(3L, progress.indexedRows() + progress.pendingRows());
    }
  },
  UNLOADED_IS_REFUSED {
    @Override
    void tryOut(Trial trial) {
      var other = trial.make(IndexChoice.of(IndexChoice.Kind.FLAT));
      try {
        done(trial.collections().count(other));
      } catch (CompletionException _) {
        return;
      } finally {
        done(trial.collections().drop(other));
      }
      throw new Lacking("it counts what is not loaded");
    }
  },
  CODES {
    @Override
    void tryOut(Trial trial) {
      try {
        done(trial.collections().count("none_of_that_name"));
      } catch (CompletionException thrown) {
        if (thrown.getCause() instanceof MilvusCallFailed failed
            && failed.failure() instanceof MilvusFailure.Wrong(var code, _)) {
          trial.expect(100, code);
          return;
        }
        throw thrown;
      }
      throw new Lacking("it counts a collection that does not exist");
    }
  },
  INDEX_FLAT {
    @Override
    void tryOut(Trial trial) {
      trial.index(IndexChoice.Kind.FLAT);
    }
  },
  INDEX_IVF_FLAT {
    @Override
    void tryOut(Trial trial) {
      trial.index(IndexChoice.Kind.IVF_FLAT);
    }
  },
  INDEX_HNSW {
    @Override
    void tryOut(Trial trial) {
      trial.index(IndexChoice.Kind.HNSW);
    }
  },
  INDEX_DISKANN {
    @Override
    void tryOut(Trial trial) {
      trial.index(IndexChoice.Kind.DISKANN);
    }
  },
  INDEX_AUTOINDEX {
    @Override
    void tryOut(Trial trial) {
      trial.index(IndexChoice.Kind.AUTOINDEX);
    }
  };

  abstract void tryOut(Trial trial);

  static Ability of(IndexChoice.Kind kind) {
    return valueOf("INDEX_" + kind);
  }

  /** Those that a server lacks, with what it said or did instead. */
  static Map<Ability, String> missing(MilvusConnection connection, MilvusCollections collections) {
    var trial = Trial.prepared(connection, collections);
    var missing = new EnumMap<Ability, String>(Ability.class);
    for (var ability : values()) {
      try {
        ability.tryOut(trial);
      } catch (Lacking lacking) {
        missing.put(ability, String.valueOf(lacking.getMessage()));
      } catch (CompletionException thrown) {
        if (!(thrown.getCause() instanceof MilvusCallFailed failed)) {
          throw thrown;
        }
        missing.put(ability, failed.failure().text());
      }
    }
    done(collections.drop(trial.name()));
    return missing;
  }

  private static <T> T done(Future<T> future) {
    return MilvusContract.done(future);
  }

  /** Answered, but not as it should be. */
  private static final class Lacking extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Lacking(String why) {
      super(why);
    }
  }

  /** A collection of three rows to try things out with. */
  record Trial(MilvusConnection connection, MilvusCollections collections, String name) {

    private static final ItemSchema SCHEMA = new ItemSchema(2, 8, List.of());

    static Trial prepared(MilvusConnection connection, MilvusCollections collections) {
      var trial = new Trial(connection, collections, MilvusContract.unusedName());
      done(collections.create(trial.name, SCHEMA, Map.of(CollectionFacts.SPACE, "shop@1")));
      done(collections.createIndex(trial.name, IndexChoice.of(IndexChoice.Kind.FLAT)));
      done(collections.load(trial.name));
      var rows =
          IntStream.range(0, 3)
              .mapToObj(i -> new ItemRow(i, "id " + i, Map.of(), new float[] {i, 1}))
              .toList();
      done(collections.upsert(trial.name, rows, List.of()));
      done(collections.count(trial.name));
      // What every server must do; or each ability would be missed for the same wrong reason.
      var plain =
          trial.search(
              ask -> ask.data(List.of(new FloatVec(new float[] {1, 0}))).filter("ordinal > 0"));
      trial.expect(List.of(List.of(2, 1)), plain);
      return trial;
    }

    String make(IndexChoice index) {
      var other = MilvusContract.unusedName();
      done(collections.create(other, SCHEMA, Map.of()));
      done(collections.createIndex(other, index));
      return other;
    }

    void index(IndexChoice.Kind kind) {
      var other = make(IndexChoice.of(kind));
      var said = done(collections.index(other)).orElseThrow().kind();
      done(collections.drop(other));
      expect(kind.name(), said.toUpperCase(Locale.ROOT));
    }

    List<List<Integer>> search(UnaryOperator<SearchReq.SearchReqBuilder> what) {
      return done(
          connection.call(
              "trial",
              Deadline.after(Duration.ofSeconds(30), Ticker.system()),
              new Cancellation(),
              client -> search(client, what)));
    }

    private List<List<Integer>> search(
        MilvusClientV2 client, UnaryOperator<SearchReq.SearchReqBuilder> what) {
      var ask =
          SearchReq.builder()
              .collectionName(name)
              .annsField(ItemFields.VECTOR)
              .topK(3)
              .searchParams(new HashMap<>())
              .outputFields(List.of(ItemFields.ORDINAL))
              .consistencyLevel(ConsistencyLevel.EVENTUALLY);
      return client.search(what.apply(ask).build()).getSearchResults().stream()
          .map(list -> list.stream().map(ItemSearch::ordinal).toList())
          .toList();
    }

    void expect(Object wanted, Object got) {
      if (!wanted.equals(got)) {
        throw new Lacking("gave %s; expected %s".formatted(got, wanted));
      }
    }
  }
}
