package io.trawl.app;

import io.trawl.milvus.admin.AdminFailed;
import io.trawl.milvus.admin.SpaceItems;
import io.trawl.milvus.admin.SpaceVerifier;
import io.trawl.milvus.neighbours.MilvusCollections;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trawl milvus verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Compares a space with its collection: the number of rows, a sample of them bit by bit, and"
          + " the recall of searches beside an exact scan. What passes bears the space's checksum."
          + " Exit status 0 when it passes, 1 when not."
    })
final class MilvusVerifyCommand implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "the space")
  private Path directory = Path.of("");

  @Option(
      names = "--sample",
      paramLabel = "ROWS",
      defaultValue = "1000",
      description = "rows compared bit by bit (default: ${DEFAULT-VALUE})")
  private int sample = 1_000;

  @Option(
      names = "--searches",
      paramLabel = "N",
      defaultValue = "100",
      description = "searches compared with an exact scan (default: ${DEFAULT-VALUE})")
  private int searches = 100;

  @Option(
      names = "--k",
      paramLabel = "ITEMS",
      defaultValue = "100",
      description = "items wanted of each search (default: ${DEFAULT-VALUE})")
  private int k = 100;

  @Option(
      names = "--min-recall",
      paramLabel = "SHARE",
      defaultValue = "0.95",
      description = "the least mean recall that passes (default: ${DEFAULT-VALUE})")
  private double minRecall = 0.95;

  @Option(
      names = "--search",
      paramLabel = "NAME=NUMBER",
      description = {
        "a search parameter of the index, repeatable: ef, nprobe, search_list (default: those by"
            + " which a gateway asks for a list twice as long)"
      })
  private Map<String, Integer> search = new LinkedHashMap<>();

  @Mixin private MilvusSession milvus = new MilvusSession();

  @Override
  public Integer call() {
    var options =
        CannotStart.unlessRefused(
            () -> new SpaceVerifier.Options(sample, searches, k, minRecall, search, 1));
    return milvus.with(collections -> verify(collections, options));
  }

  private int verify(MilvusCollections collections, SpaceVerifier.Options options) {
    try (var space = MilvusSession.space(directory)) {
      var verified =
          new SpaceVerifier(collections, MilvusSession.watch())
              .verify(SpaceItems.of(space), options);
      System.out.println(verified.collection() + " may become active");
      return 0;
    } catch (AdminFailed wrong) {
      System.out.println("FAILED  " + wrong.getMessage());
      return 1;
    }
  }
}
