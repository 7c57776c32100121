package io.trawl.space.source;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Walks over the lines of a mapped text file through one window on the heap. Every line ends in
 * {@code \n}, the last one too; a file that does not was cut off.
 */
public final class LineCursor {

  private static final int FIRST_WINDOW_BYTES = 1 << 16;
  private static final int MAX_LINE_BYTES = 64 << 20;

  /** U+FEFF in UTF-8: it would become part of the first id. */
  private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final String file;
  private final MemorySegment text;

  private byte[] window = new byte[FIRST_WINDOW_BYTES];
  private long windowOffset;
  private int filled;
  private int start;
  private int end;
  private int nextStart;
  private int number;

  public LineCursor(String file, MemorySegment text) {
    this.file = file;
    this.text = text;
  }

  /** Moves to the next line; false after the last one. */
  public boolean next() {
    start = nextStart;
    var scan = start;
    while (true) {
      for (; scan < filled; scan++) {
        if (window[scan] == '\n') {
          end = scan;
          nextStart = scan + 1;
          number++;
          refuseByteOrderMark();
          return true;
        }
      }
      if (windowOffset + filled == text.byteSize()) {
        if (start == filled) {
          return false;
        }
        number++;
        throw refused("does not end in a newline", "every line to end in one");
      }
      scan -= start;
      refill();
    }
  }

  private void refuseByteOrderMark() {
    if (number == 1 && Arrays.equals(window, start, Math.min(end, start + 3), MARK, 0, 3)) {
      throw refused("begins with a byte-order mark", "UTF-8 text without one");
    }
  }

  private void refill() {
    var kept = filled - start;
    if (kept == window.length) {
      if (kept >= MAX_LINE_BYTES) {
        number++;
        throw refused("is longer than " + MAX_LINE_BYTES + " bytes", "a shorter line");
      }
      window = Arrays.copyOf(window, 2 * kept);
    } else {
      System.arraycopy(window, start, window, 0, kept);
    }
    windowOffset += start;
    start = 0;
    var more = (int) Math.min(window.length - kept, text.byteSize() - windowOffset - kept);
    MemorySegment.copy(text, ValueLayout.JAVA_BYTE, windowOffset + kept, window, kept, more);
    filled = kept + more;
  }

  /** The window; the line lies from {@link #start} to {@link #end} until the cursor moves. */
  public byte[] window() {
    return window;
  }

  public int start() {
    return start;
  }

  public int end() {
    return end;
  }

  /** Counts from 1, as editors do. */
  public int number() {
    return number;
  }

  /** Where the line begins in the file. */
  public long offset() {
    return windowOffset + start;
  }

  /** Part of the line. */
  public String text(int from, int to) {
    var decoded = new String(window, from, to - from, StandardCharsets.UTF_8);
    // The fast decoder replaces what is broken; the strict one is asked only if there is a sign.
    if (decoded.indexOf('\ufffd') >= 0 && !isUtf8(from, to)) {
      throw refused("is not UTF-8", "UTF-8 text");
    }
    return decoded;
  }

  private boolean isUtf8(int from, int to) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(window, from, to - from));
      return true;
    } catch (CharacterCodingException _) {
      return false;
    }
  }

  /** The line as JSON. */
  public JsonNode json() {
    return json(start, end);
  }

  /** Part of the line as JSON. */
  public JsonNode json(int from, int to) {
    return JsonNode.parse(this::where, text(from, to));
  }

  /** File and line, as a refusal names them. */
  public String where() {
    return file + " line " + number;
  }

  public SpaceRefused refused(String found, String expected) {
    return new SpaceRefused(where(), found, expected);
  }
}
