package io.trawl.app;

import io.trawl.app.files.OwnObjectives;
import io.trawl.encode.PromptBuilder;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.space.manifest.ManifestReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trawl space objective}: an objective that the space was not trained on. */
@Command(
    name = "objective",
    mixinStandardHelpOptions = true,
    description = {
      "Adds an objective of your own to a trained space, with words that its backbone never saw, or"
          + " removes it. Only the manifest changes, in one step. Lists of such an objective are"
          + " labelled extrapolated: how good they are is for you to measure."
    })
final class SpaceObjectiveCommand implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "the space")
  private Path directory = Path.of("");

  @Option(
      names = "--name",
      required = true,
      paramLabel = "NAME",
      description = "what requests call it, such as gift-ideas")
  private String name = "";

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Change change = new Change();

  /** What is to be done with it. */
  private static final class Change {

    @ArgGroup(exclusive = false, multiplicity = "1")
    private @Nullable Added added;

    @Option(names = "--remove", description = "remove it; only one that was added can be")
    private boolean remove;
  }

  /** What it is. */
  private static final class Added {

    @Option(
        names = "--text",
        required = true,
        paramLabel = "TEXT",
        description = "what prompts say of it, in place of the words of the one that it is like")
    private String text = "";

    @Option(
        names = "--title",
        paramLabel = "TEXT",
        description = "its name for a person; what --text says if not given")
    private @Nullable String title;

    @Option(
        names = "--needs-text",
        description = "whether each request brings a text too, such as the words of a search")
    private boolean needsText;

    @Option(
        names = "--like",
        paramLabel = "NAME",
        description = {
          "the objective that the space was trained on whose prompt and rules it has; the first"
              + " that takes a text, or takes none, if not given"
        })
    private @Nullable String like;
  }

  @Override
  public Integer call() throws IOException {
    // Item vectors are not asked, and may be elsewhere.
    try (var space = Space.openWithoutVectors(directory, Verification.SIZES)) {
      var objectives = OwnObjectives.of(directory);
      var added = change.added;
      if (change.remove) {
        remove(space, objectives);
      } else if (added != null) {
        add(space, objectives, added);
      }
      return 0;
    }
  }

  private void add(Space space, OwnObjectives objectives, Added added) throws IOException {
    var wanted =
        new OwnObjectives.Wanted(
            name,
            added.title == null ? added.text : added.title,
            added.text,
            added.needsText,
            added.like);
    var template = CannotStart.unlessRefused(() -> objectives.add(wanted));
    try (var prompts = PromptBuilder.of(space)) {
      if (!prompts.isPlain(added.text)) {
        throw new CannotStart(
            "--text has special tokens, spaces that a prompt does not keep, or nothing that the"
                + " tokenizer knows; expected plain words, one space between them");
      }
    }
    // Refuses what a gateway would, such as a prompt that is too long.
    PromptBuilder.of(space, ManifestReader.read(objectives.manifest())).close();
    objectives.write();
    System.out.printf(
        "added   %s: %s%n        the backbone was not trained on it: its lists are labelled"
            + " extrapolated%n",
        name, template);
  }

  private void remove(Space space, OwnObjectives objectives) throws IOException {
    CannotStart.unlessRefused(() -> objectives.remove(name));
    if (isAsked(space)) {
      throw new CannotStart(
          "--name is '%s', which users.jsonl or golden.jsonl ask for; expected neither to"
              .formatted(name));
    }
    objectives.write();
    System.out.printf("removed %s%n", name);
  }

  /** Whoever added it may have written held-out items and golden requests for it. */
  private boolean isAsked(Space space) {
    try (var users = space.users()) {
      return space.goldenRequests().stream()
              .anyMatch(golden -> golden.objective().name().equals(name))
          || users.anyMatch(user -> user.heldOut().containsKey(name));
    }
  }
}
