package io.trawl.app.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Columns must line up whatever a title is written in. */
class TextWidthTest {

  @Test
  void countsColumnsAndNotCharacters() {
    assertEquals(4, TextWidth.of("lamp"));
    assertEquals(5, TextWidth.of("crème"));
    assertEquals(5, TextWidth.of("cre\u0300me"), "a combining accent takes no column");
    assertEquals(6, TextWidth.of("庭の灯"), "East Asian letters take two");
    assertEquals(2, TextWidth.of("💡"));
    assertEquals(0, TextWidth.of(""));
  }

  @Test
  void cutsToTheColumnsWithAnEllipsis() {
    assertEquals("Garden lamp", TextWidth.fit("Garden lamp", 11));
    assertEquals("Garden la…", TextWidth.fit("Garden lamp", 10));
    assertEquals("Garden…", TextWidth.fit("Garden lamp", 8), "no space before the ellipsis");
    assertEquals("庭…", TextWidth.fit("庭の灯", 4), "half of a wide letter is none");
    assertEquals("…", TextWidth.fit("lamp", 1));
    assertEquals("", TextWidth.fit("lamp", 0));
  }

  @Test
  void keepsAnAccentWithItsLetter() {
    assertEquals("cre\u0300…", TextWidth.fit("cre\u0300me", 4));
  }

  @Test
  void showsControlCharactersAsSpaces() {
    assertEquals("a b", TextWidth.fit("a\nb", 5));
    assertEquals(" [31mred", TextWidth.fit("\u001b[31mred", 20));
  }

  @Test
  void fillsToExactlyTheColumns() {
    assertEquals("灯  |", TextWidth.left("灯", 4) + "|");
    assertEquals("  灯|", TextWidth.right("灯", 4) + "|");
  }
}
