package io.trawl.workers.tensors;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.Reader;
import java.util.regex.Pattern;

/**
 * What is wrong with a JSON text, in words for whoever wrote it. The library's own messages name
 * its classes and options, so nothing of them is passed on.
 */
public final class JsonFault {
  private static final int SHOWN_CHARACTERS = 8;

  /** Of a word that is longer than this the library gives the beginning alone. */
  private static final int LONGEST_WORD = 300;

  /** As the library words it. */
  private static final Pattern UNKNOWN_WORD = Pattern.compile("Unrecognized token '([^']*)'");

  private JsonFault() {}

  /**
   * @param again the text, from its beginning
   * @param limits what the text was read with
   */
  public static String words(
      JsonProcessingException fault, StreamReadConstraints limits, Reader again) {
    String message = String.valueOf(fault.getOriginalMessage());
    return fault instanceof StreamConstraintsException
        ? beyond(message, limits)
        : unreadable(message, fault.getLocation(), again);
  }

  /** The library has one type for all of its bounds: which it was, its first words tell. */
  private static String beyond(String message, StreamReadConstraints limits) {
    if (message.startsWith("Document nesting depth")) {
      return "is nested more than " + limits.getMaxNestingDepth() + " deep";
    }
    if (message.startsWith("Number value length")) {
      return "is a number of more than " + limits.getMaxNumberLength() + " characters";
    }
    if (message.startsWith("Name length")) {
      return "has a name of more than " + limits.getMaxNameLength() + " characters";
    }
    if (message.startsWith("String value length")) {
      return "is a text of more than " + limits.getMaxStringLength() + " characters";
    }
    return "is larger than is read";
  }

  private static String unreadable(String message, JsonLocation location, Reader again) {
    if (location == null || location.getCharOffset() < 0) {
      return "is not JSON";
    }
    long end = location.getCharOffset();
    long from = Math.max(0, end - LONGEST_WORD);
    String window = window(again, from, (int) (end - from) + SHOWN_CHARACTERS);
    int at = (int) (end - from);
    var word = UNKNOWN_WORD.matcher(message);
    if (word.lookingAt()) {
      // Of a word the library tells the end, or the place after it.
      int begin = window.lastIndexOf(word.group(1), at);
      at = begin < 0 ? at : begin;
    }
    String found =
        at < window.length()
            ? Quoted.of(window.substring(at, Math.min(window.length(), at + SHOWN_CHARACTERS)))
            : "the end";
    return "not JSON at line %d, column %d: found %s"
        .formatted(location.getLineNr(), location.getColumnNr() - (end - from - at), found);
  }

  private static String window(Reader text, long from, int characters) {
    var shown = new StringBuilder(characters);
    try (text) {
      for (long left = from; left > 0; ) {
        long skipped = text.skip(left);
        if (skipped == 0) {
          return "";
        }
        left -= skipped;
      }
      for (int c = 0; shown.length() < characters && (c = text.read()) >= 0; ) {
        shown.append((char) c);
      }
    } catch (IOException malformed) {
      // It ends there, for what is shown.
    }
    return shown.toString();
  }
}
