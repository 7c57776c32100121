package io.trawl.encode;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class NeutralTextTest {

  @Test
  void turnsRunsOfSpacesAndControlsIntoOneSpace() {
    assertEquals("a b c", NeutralText.of(" \t a\u0000\r\n b\u007f\u0085\u00a0c \n"));
    assertEquals("", NeutralText.of(" \u0000\n\u00a0"));
    assertEquals("", NeutralText.of(""));
  }

  @Test
  void takesSpecialTokensApart() {
    assertEquals("< |pad| >", NeutralText.of("<|pad|>"));
    assertEquals("< | >", NeutralText.of("<|>"));
    assertEquals("<< |pad| >>", NeutralText.of("<<|pad|>>"));
    assertEquals("< |pad| >", NeutralText.of("<\u0000|pad|\u0000>"));
  }

  @Test
  void leavesOrdinaryTextAlone() {
    var text = "Grüße, 日本語, 😀 a|b <c> ¡";
    assertEquals(text, NeutralText.of(text));
  }

  @Test
  void replacesHalvesOfSurrogatePairs() {
    assertEquals("a\ufffdb", NeutralText.of("a\ud83db"));
    assertEquals("\ufffd\ufffd", NeutralText.of("\ude00\ud83d"));
    assertEquals("😀\ufffd", NeutralText.of("😀\ude00"));
  }

  /** Against the rule as regular expressions. */
  @Test
  void agreesWithThePlainRule() {
    var seed = System.nanoTime();
    var random = new Random(seed);
    var alphabet = "<|> ab\t\n\u0000\u007f\u00a0\u00a1é";
    for (var round = 0; round < 20_000; round++) {
      var text = new StringBuilder();
      for (var i = random.nextInt(12); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      var plain =
          text.toString()
              .replaceAll("[\\x00-\\x20\\x7f-\\xa0]+", " ")
              .replaceAll("^ | $", "")
              .replace("<|", "< |")
              .replace("|>", "| >");
      assertEquals(plain, NeutralText.of(text.toString()), "seed " + seed);
    }
  }
}
