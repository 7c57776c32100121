package io.trawl.milvus.admin;

import static io.trawl.milvus.admin.Calls.await;

import io.trawl.domain.SpaceId;
import io.trawl.milvus.neighbours.CollectionFacts;
import io.trawl.milvus.neighbours.CollectionNames;
import io.trawl.milvus.neighbours.MilvusCollections;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which collection of a space is the active one: its alias points there.
 *
 * <p>The alias moves in one step for all who ask by it. Which collection it left is written into
 * the one that it goes to, before it goes, so that a way back is known whenever it has moved.
 */
public final class ActiveCollections {

  private final MilvusCollections collections;

  public ActiveCollections(MilvusCollections collections) {
    this.collections = collections;
  }

  /**
   * An alias that moved.
   *
   * @param former where it pointed before; empty where it is new
   */
  public record Moved(String alias, String collection, Optional<String> former) {}

  /**
   * Points the alias of its space to a verified collection. Blocks, as all here; not for event
   * loops.
   *
   * @throws AdminFailed if it is not verified or not of a space, or the alias is another space's;
   *     the alias stays where it is
   */
  public Moved activate(String name) {
    var facts = known(name);
    var alias = alias(facts);
    if (facts.checksum().isEmpty()) {
      throw new AdminFailed(
          "collection %s is not verified; verify it before it becomes active"
              .formatted(facts.name()));
    }
    var pointed = target(alias);
    pointed.ifPresent(each -> requireSameName(alias, each, facts));
    var former = pointed.map(CollectionFacts::name);
    if (former.isEmpty()) {
      await(collections.createAlias(alias, facts.name()));
      return new Moved(alias, facts.name(), former);
    }
    if (!former.get().equals(facts.name())) {
      move(alias, former.get(), facts.name());
    }
    return new Moved(alias, facts.name(), former);
  }

  /**
   * The same for a collection that must hold exactly this space.
   *
   * @throws AdminFailed besides, if it was verified against other files
   */
  public Moved activate(SpaceItems items) {
    var facts = known(items.collection());
    var verified = facts.checksum();
    if (verified.isPresent() && !verified.get().equals(items.checksum())) {
      throw new AdminFailed(
          "collection %s was verified against other files (checksum %s; expected %s)"
              .formatted(
                  facts.name(),
                  Checksums.brief(verified.get()),
                  Checksums.brief(items.checksum())));
    }
    return activate(facts.name());
  }

  /**
   * Points an alias back to where it pointed before it moved last.
   *
   * @throws AdminFailed if it never moved, or what it pointed to is gone
   */
  public Moved rollback(String alias) {
    var name =
        target(alias)
            .orElseThrow(() -> new AdminFailed("there is no alias %s".formatted(alias)))
            .name();
    var back =
        known(name)
            .former()
            .orElseThrow(
                () ->
                    new AdminFailed(
                        "%s points to %s and never pointed elsewhere".formatted(alias, name)));
    var facts =
        await(collections.describe(back))
            .orElseThrow(
                () ->
                    new AdminFailed(
                        "%s pointed to %s before, which is dropped".formatted(alias, back)));
    if (facts.checksum().isEmpty()) {
      throw new AdminFailed(
          "%s pointed to %s before, which is no longer verified".formatted(alias, back));
    }
    move(alias, name, back);
    return new Moved(alias, back, Optional.of(name));
  }

  /**
   * Drops a collection that no alias points to; Milvus itself would not mind.
   *
   * @throws AdminFailed if one does
   */
  public void drop(String name) {
    var facts = known(name);
    if (!facts.name().equals(name)) {
      throw new AdminFailed(
          "%s is an alias of %s; expected a collection's own name".formatted(name, facts.name()));
    }
    var aliases = await(collections.aliases(name));
    if (!aliases.isEmpty()) {
      throw new AdminFailed(
          "alias %s points to %s; activate another collection or roll back before it is dropped"
              .formatted(String.join(", ", aliases), name));
    }
    await(collections.drop(name));
  }

  /**
   * A collection of Trawl's.
   *
   * @param index as Milvus names it; empty where there is none
   */
  public record Listed(CollectionFacts facts, String index, List<String> aliases) {}

  /** Every collection that holds a space, by name. */
  public List<Listed> list() {
    var listed = new ArrayList<Listed>();
    for (var name : await(collections.names())) {
      // Dropped meanwhile, or somebody else's: not listed.
      var facts = await(collections.describe(name)).filter(each -> each.space().isPresent());
      if (facts.isPresent()) {
        var index = await(collections.index(name)).map(each -> each.kind()).orElse("");
        listed.add(new Listed(facts.get(), index, await(collections.aliases(name))));
      }
    }
    return listed;
  }

  private void move(String alias, String from, String to) {
    await(collections.write(to, Map.of(CollectionFacts.FORMER, from)));
    await(collections.move(alias, to));
  }

  private CollectionFacts known(String name) {
    return await(collections.describe(name))
        .orElseThrow(() -> new AdminFailed("there is no collection %s".formatted(name)));
  }

  /** Where an alias points. */
  private Optional<CollectionFacts> target(String alias) {
    var facts = await(collections.describe(alias));
    if (facts.isPresent() && facts.get().name().equals(alias)) {
      throw new AdminFailed(
          "%s is a collection; expected an alias, or nothing of that name".formatted(alias));
    }
    return facts;
  }

  /** Names of two spaces may become one in Milvus: neither takes the alias of the other. */
  private static void requireSameName(
      String alias, CollectionFacts pointed, CollectionFacts wanted) {
    var owner = pointed.space().map(ActiveCollections::name).orElse("");
    var asking = wanted.space().map(ActiveCollections::name).orElse("");
    if (!owner.isEmpty() && !owner.equals(asking)) {
      throw new AdminFailed(
          "alias %s belongs to space %s; expected one of %s: rename a space"
              .formatted(alias, owner, asking));
    }
  }

  private static String name(String space) {
    return space.substring(0, space.lastIndexOf('@'));
  }

  private static String alias(CollectionFacts facts) {
    var space =
        facts
            .space()
            .orElseThrow(
                () ->
                    new AdminFailed(
                        "collection %s holds no space; expected one that was loaded here"
                            .formatted(facts.name())));
    return CollectionNames.alias(
        new SpaceId(name(space), Long.parseLong(space.substring(space.lastIndexOf('@') + 1))));
  }
}
