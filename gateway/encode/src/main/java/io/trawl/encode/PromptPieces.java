package io.trawl.encode;

import io.trawl.domain.Objective;
import io.trawl.space.manifest.PromptGrammar;
import io.trawl.space.manifest.PromptTemplate;
import io.trawl.space.manifest.PromptTemplate.Part;
import io.trawl.space.source.SpaceRefused;
import java.util.ArrayList;
import java.util.List;

/**
 * An objective's template with its literals encoded.
 *
 * @param objective the objective
 * @param head what stands before the history
 * @param rear what stands behind it
 */
record PromptPieces(Objective objective, List<Piece> head, List<Piece> rear) {

  /** A literal's ids, or a place that a request fills. */
  sealed interface Piece {

    @SuppressWarnings("ArrayRecordComponent") // encoded once, copied into every prompt
    record Literal(long[] ids) implements Piece {}

    record Profile() implements Piece {}

    record Text() implements Piece {}
  }

  static PromptPieces of(PromptTemplate template, Tokenizer tokenizer) {
    var head = new ArrayList<Piece>();
    var rear = new ArrayList<Piece>();
    var into = head;
    for (var part : template.parts()) {
      switch (part) {
        case Part.Literal(var text) -> into.add(new Piece.Literal(tokenizer.encode(text)));
        case Part.Profile _ -> into.add(new Piece.Profile());
        case Part.Text _ -> into.add(new Piece.Text());
        case Part.History _ -> into = rear;
      }
    }
    return new PromptPieces(template.objective(), List.copyOf(head), List.copyOf(rear));
  }

  /** The most tokens that a prompt without any history takes. */
  int mostTokens(PromptGrammar grammar) {
    return tokens(head, grammar.profile().maxTokens(), grammar.text().maxTokens())
        + tokens(rear, grammar.profile().maxTokens(), grammar.text().maxTokens());
  }

  int tokens(long[] profile, long[] text) {
    return tokens(head, profile.length, text.length) + tokens(rear, profile.length, text.length);
  }

  private static int tokens(List<Piece> pieces, int profile, int text) {
    return pieces.stream()
        .mapToInt(
            piece ->
                switch (piece) {
                  case Piece.Literal(var ids) -> ids.length;
                  case Piece.Profile _ -> profile;
                  case Piece.Text _ -> text;
                })
        .sum();
  }

  void checkRoom(PromptGrammar grammar, int longest) {
    var most = mostTokens(grammar);
    if (most > longest) {
      throw new SpaceRefused(
          "manifest.json",
          "objective %s needs %d tokens without any history".formatted(objective.name(), most),
          "at most %d, the largest accepted length".formatted(longest));
    }
  }

  /** Copies pieces into {@code ids} from {@code at} on; the index behind them. */
  static int write(List<Piece> pieces, long[] profile, long[] text, long[] ids, int at) {
    for (var piece : pieces) {
      var source =
          switch (piece) {
            case Piece.Literal(var literal) -> literal;
            case Piece.Profile _ -> profile;
            case Piece.Text _ -> text;
          };
      System.arraycopy(source, 0, ids, at, source.length);
      at += source.length;
    }
    return at;
  }
}
