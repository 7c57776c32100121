package io.trawl.space;

import io.trawl.domain.Objective;
import io.trawl.domain.SpaceId;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.space.catalogue.Catalogue;
import io.trawl.space.catalogue.CatalogueReader;
import io.trawl.space.manifest.Manifest;
import io.trawl.space.manifest.ManifestReader;
import io.trawl.space.source.SpaceRefused;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * An open space. Immutable and safe for use by all threads until it is closed; using anything of it
 * afterwards throws {@link IllegalStateException}.
 */
public final class Space implements AutoCloseable {

  static final String ITEM_VECTORS = "item_vectors.npy";
  static final String ITEM_EMBEDDINGS = "item_embeddings.npy";
  static final String NEIGHBOURS = "neighbours.npy";
  static final String TAIL = "tail.npy";
  static final String TOKENIZER = "tokenizer.json";
  static final String CARD = "card.md";

  /** Shared, since requests on any thread read the maps. */
  private final Arena arena;

  private final Path directory;
  private final String checksum;
  private final Manifest manifest;
  private final SpaceFiles files;
  private final Optional<ItemVectors> itemVectors;
  private final ItemEmbeddings itemEmbeddings;
  private final Optional<NeighbourTable> neighbours;
  private final ItemSet tail;
  private final Optional<LexicalFiles> lexical;
  private final Catalogue catalogue;
  private final RequestLines requestLines;
  private final MemorySegment userLines;
  private final List<GoldenRequest> golden;

  /**
   * Opens the space in a directory.
   *
   * @throws SpaceRefused if anything disagrees
   */
  public static Space open(Path directory, Verification verification) {
    return open(directory, verification, Set.of());
  }

  /**
   * The same without its item vectors, whose file is left alone and may be missing: for those who
   * get them elsewhere.
   *
   * @throws SpaceRefused if anything else disagrees
   */
  public static Space openWithoutVectors(Path directory, Verification verification) {
    return open(directory, verification, Set.of(ITEM_VECTORS));
  }

  /**
   * The same with what a lexical index is made of: without its item vectors, and without the index
   * that it has, which may be missing or broken.
   *
   * @throws SpaceRefused if anything else disagrees
   */
  public static Space openForIndex(Path directory) {
    var manifest = ManifestReader.read(SpaceFiles.manifest(directory));
    var without = new HashSet<>(Set.of(ITEM_VECTORS));
    var lexical = manifest.lexical();
    manifest.files().keySet().stream()
        .filter(name -> lexical != null && name.startsWith(lexical.folder() + "/"))
        .forEach(without::add);
    return open(directory, Verification.SIZES, without);
  }

  @SuppressWarnings(
      "MustBeClosedChecker") // The arena lives as long as the space that it is given to.
  private static Space open(Path directory, Verification verification, Set<String> without) {
    var text = SpaceFiles.manifest(directory);
    var manifest = ManifestReader.read(text);
    var files = SpaceFiles.verified(directory, manifest.files(), without, verification);
    requireFiles(files, manifest);
    var arena = Arena.ofShared();
    try {
      return new Space(arena, directory, SpaceFiles.sha256Of(text), manifest, files, verification);
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }

  private static void requireFiles(SpaceFiles files, Manifest manifest) {
    var model = "models/" + manifest.backbone().model() + "/";
    var version = model + manifest.backbone().version() + "/";
    List.of(
            CatalogueReader.FILE,
            ITEM_VECTORS,
            ITEM_EMBEDDINGS,
            TOKENIZER,
            RequestLines.USERS,
            RequestLines.GOLDEN,
            CARD,
            model + "config.pbtxt",
            version + "model.onnx",
            version + "model.py")
        .forEach(files::require);
    if (manifest.neighbours() != null) {
      files.require(NEIGHBOURS);
    } else if (files.lists(NEIGHBOURS)) {
      throw new SpaceRefused(
          ManifestReader.FILE,
          "lists " + NEIGHBOURS + " and has no key \"neighbours\"",
          "both or neither");
    }
    if (isTailAsked(manifest)) {
      files.require(TAIL);
    }
  }

  private static boolean isTailAsked(Manifest manifest) {
    return manifest.objectives().stream().anyMatch(one -> one.rules().tailOnly());
  }

  private Space(
      Arena arena,
      Path directory,
      String checksum,
      Manifest manifest,
      SpaceFiles files,
      Verification verification) {
    this.arena = arena;
    this.directory = directory;
    this.checksum = checksum;
    this.manifest = manifest;
    this.files = files;
    var items = manifest.sizes().items();
    this.itemVectors = files.mayUse(ITEM_VECTORS) ? Optional.of(vectors(files)) : Optional.empty();
    var embeddings =
        Npy.read(
            ITEM_EMBEDDINGS,
            files.map(ITEM_EMBEDDINGS, arena),
            items,
            manifest.sizes().embeddingWidth(),
            Npy.Type.FLOAT32,
            Npy.Type.FLOAT16);
    this.itemEmbeddings = new ItemEmbeddings(embeddings, items, manifest.sizes().embeddingWidth());
    this.neighbours = Optional.ofNullable(manifest.neighbours()).map(n -> table(files, n.count()));
    this.tail = isTailAsked(manifest) ? tail(files, items) : ItemSet.all(items);
    if (verification == Verification.CHECKSUMS) {
      itemVectors.ifPresent(vectors -> ArrayChecks.finite(ITEM_VECTORS, vectors));
      ArrayChecks.finite(ITEM_EMBEDDINGS, itemEmbeddings);
      neighbours.ifPresent(table -> ArrayChecks.inRange(NEIGHBOURS, table));
    }
    this.lexical = Optional.ofNullable(manifest.lexical()).flatMap(said -> lexical(files, said));
    this.catalogue =
        CatalogueReader.read(files.map(CatalogueReader.FILE, arena), items, manifest.attributes());
    this.requestLines = new RequestLines(manifest, catalogue);
    this.userLines = files.map(RequestLines.USERS, arena);
    this.golden = requestLines.golden(files.map(RequestLines.GOLDEN, arena));
  }

  private ItemVectors vectors(SpaceFiles files) {
    var width = manifest.sizes().vectorWidth();
    var array =
        Npy.read(
            ITEM_VECTORS,
            files.map(ITEM_VECTORS, arena),
            manifest.sizes().items(),
            width,
            Npy.Type.FLOAT32);
    return new ItemVectors(array.data(), manifest.sizes().items(), width);
  }

  private NeighbourTable table(SpaceFiles files, int degree) {
    var array =
        Npy.read(
            NEIGHBOURS,
            files.map(NEIGHBOURS, arena),
            manifest.sizes().items(),
            degree,
            Npy.Type.INT32);
    return new NeighbourTable(array.data(), manifest.sizes().items(), degree);
  }

  private Optional<LexicalFiles> lexical(SpaceFiles files, Manifest.Lexical said) {
    var names = files.in(said.folder());
    if (names.stream().anyMatch(name -> !files.mayUse(said.folder() + "/" + name))) {
      return Optional.empty();
    }
    if (names.isEmpty() || names.size() > LexicalFiles.MOST) {
      throw new SpaceRefused(
          ManifestReader.FILE,
          "files lists %d of %s/".formatted(names.size(), said.folder()),
          "1 to %d, those of the lexical index".formatted(LexicalFiles.MOST));
    }
    var mapped = new TreeMap<String, MemorySegment>();
    names.forEach(name -> mapped.put(name, files.map(said.folder() + "/" + name, arena)));
    return Optional.of(new LexicalFiles(said.folder(), said.analysis(), mapped));
  }

  private ItemSet tail(SpaceFiles files, int items) {
    var flags = Npy.read(TAIL, files.map(TAIL, arena), items, 1, Npy.Type.UINT8).data();
    return ItemSet.where(items, ordinal -> ArrayChecks.flag(TAIL, flags, ordinal));
  }

  public SpaceId id() {
    return manifest.id();
  }

  /** What the manifest says: sizes, accepted lengths, prompt grammar, backbone, notes. */
  public Manifest manifest() {
    return manifest;
  }

  /**
   * One for the space as a whole: SHA-256 of {@code manifest.json}, which holds that of every other
   * file. Copies of a space have the same, and no two spaces do.
   */
  public String checksum() {
    return checksum;
  }

  /** The item vectors; empty where the space was opened without them. */
  public Optional<ItemVectors> itemVectors() {
    return itemVectors;
  }

  public ItemEmbeddings itemEmbeddings() {
    return itemEmbeddings;
  }

  /** The neighbour graph; empty where the space has none. */
  public Optional<NeighbourTable> neighbours() {
    return neighbours;
  }

  /** The files of the lexical index, as they are mapped; empty where the space has none. */
  public Optional<LexicalFiles> lexical() {
    return lexical;
  }

  /** The items outside the head of popularity; all where no objective asks. */
  public ItemSet tail() {
    return tail;
  }

  public Catalogue catalogue() {
    return catalogue;
  }

  public List<Objective> objectives() {
    return manifest.objectives();
  }

  /** An objective by its name. */
  public Optional<Objective> objective(String name) {
    return manifest.objectives().stream().filter(o -> o.name().equals(name)).findFirst();
  }

  /** {@code tokenizer.json}. */
  public Path tokenizer() {
    return directory.resolve(TOKENIZER);
  }

  /** {@code card.md}, for a person: what the model was trained on, how, and how good it is. */
  public Path card() {
    return directory.resolve(CARD);
  }

  /** The Triton model repository that holds the backbone. */
  public Path modelRepository() {
    return directory.resolve("models");
  }

  /**
   * The sample users in the order of the file, read as the stream is consumed; each call starts
   * anew. A wrong line throws {@link SpaceRefused} when it is reached.
   */
  public Stream<SampleUser> users() {
    return requestLines.users(userLines);
  }

  /** Requests with the tokens, query vectors and top items that they must give. */
  public List<GoldenRequest> goldenRequests() {
    return golden;
  }

  /**
   * Reads every file that is mapped once more, and holds it against its checksum. Takes as long as
   * a first look at them; for a thread that may wait.
   *
   * @param afterPiece told the bytes of each piece of a megabyte at most; what it throws ends this
   * @return the first file that is not what it was when the space was opened; empty when none is
   * @throws InternalError where the memory of a file cannot be read: see {@link MemoryFault}
   */
  public Optional<String> altered(IntConsumer afterPiece) {
    return files.altered(afterPiece);
  }

  /** Unmaps the space, once. Nobody may be using it any more. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
