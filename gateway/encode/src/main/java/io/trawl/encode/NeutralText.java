package io.trawl.encode;

/**
 * Takes from what a user wrote the power to steer the prompt: afterwards it holds no control
 * characters, no line breaks and no {@code <|…|>}. Special tokens that look otherwise are left to
 * the {@link PromptBuilder}.
 */
final class NeutralText {

  private NeutralText() {}

  static String of(String written) {
    var text = new StringBuilder(written.length() + 8);
    var space = false;
    for (var i = 0; i < written.length(); i++) {
      var c = written.charAt(i);
      if (isSpaceOrControl(c)) {
        space = true;
        continue;
      }
      if (space && !text.isEmpty()) {
        text.append(' ');
      }
      space = false;
      text.append(isLoneSurrogate(written, i) ? '\ufffd' : c);
    }
    return text.toString().replace("<|", "< |").replace("|>", "| >");
  }

  private static boolean isSpaceOrControl(char c) {
    return c <= ' ' || c >= '\u007f' && c <= '\u00a0';
  }

  /** Half of a pair is no text; it would not survive the way to the native tokenizer. */
  private static boolean isLoneSurrogate(String text, int i) {
    var c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }
}
