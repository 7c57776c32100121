package io.trawl.app.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Rows whose columns line up. Widths follow the content; where the whole would be wider than asked,
 * the elastic columns give way and their texts end in an ellipsis.
 *
 * <pre>{@code
 * var table = new TextTable(Column.right("#"), Column.elastic("title"), Column.right("score"));
 * table.row("1", "Garden lamp", "3.25");
 * table.lines(Ansi.plain(), 100).forEach(out::println);
 * }</pre>
 */
public final class TextTable {

  private static final String GAP = "  ";
  private static final int NARROWEST_ELASTIC = 8;

  private final List<Column> columns;
  private final List<List<Cell>> rows = new ArrayList<>();

  public TextTable(Column... columns) {
    this.columns = List.of(columns);
  }

  /** Adds a row, one text per column. */
  public TextTable row(String... texts) {
    return row(Arrays.stream(texts).map(Cell::of).toArray(Cell[]::new));
  }

  /** Adds a row, one cell per column. */
  public TextTable row(Cell... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(
          "%d cells given; expected %d, one per column".formatted(cells.length, columns.size()));
    }
    rows.add(List.of(cells));
    return this;
  }

  /** Adds an empty line. */
  public TextTable gap() {
    rows.add(List.of());
    return this;
  }

  /** The header, where any column has one, and the rows; none wider than {@code width}. */
  public List<String> lines(Ansi ansi, int width) {
    var widths = widths(width);
    var lines = new ArrayList<String>(rows.size() + 1);
    if (columns.stream().anyMatch(column -> !column.header.isEmpty())) {
      var header = columns.stream().map(column -> new Cell(column.header, Style.DIM)).toList();
      lines.add(line(header, widths, ansi));
    }
    rows.forEach(row -> lines.add(line(row, widths, ansi)));
    return lines;
  }

  private int[] widths(int width) {
    var widths = columns.stream().mapToInt(column -> TextWidth.of(column.header)).toArray();
    for (var row : rows) {
      for (var i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], TextWidth.of(row.get(i).text));
      }
    }
    var over = Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1) - width;
    for (var widest = widestElastic(widths); over > 0 && widest >= 0; over--) {
      widths[widest]--;
      widest = widestElastic(widths);
    }
    return widths;
  }

  /** The elastic column that has most to give, or -1 where none can give any more. */
  private int widestElastic(int[] widths) {
    var widest = -1;
    for (var i = 0; i < widths.length; i++) {
      if (columns.get(i).elastic
          && widths[i] > NARROWEST_ELASTIC
          && (widest < 0 || widths[i] > widths[widest])) {
        widest = i;
      }
    }
    return widest;
  }

  private String line(List<Cell> row, int[] widths, Ansi ansi) {
    var line = new StringBuilder();
    for (var i = 0; i < row.size(); i++) {
      var cell = row.get(i);
      var rightmost = i == row.size() - 1;
      line.append(i == 0 ? "" : GAP);
      line.append(ansi.paint(cell.style, filled(cell.text, columns.get(i), widths[i], rightmost)));
    }
    return ansi.colour() ? line.toString() : line.toString().stripTrailing();
  }

  private static String filled(String text, Column column, int width, boolean rightmost) {
    if (column.right) {
      return TextWidth.right(text, width);
    }
    return rightmost ? TextWidth.fit(text, width) : TextWidth.left(text, width);
  }

  /**
   * A column.
   *
   * @param header what stands above it, may be empty
   * @param right whether its texts end at the same column: for numbers
   * @param elastic whether it gives way where room is short
   */
  public record Column(String header, boolean right, boolean elastic) {

    public Column {
      Objects.requireNonNull(header, "header");
    }

    public static Column left(String header) {
      return new Column(header, false, false);
    }

    public static Column right(String header) {
      return new Column(header, true, false);
    }

    public static Column elastic(String header) {
      return new Column(header, false, true);
    }
  }

  /** A text and how it stands out. */
  public record Cell(String text, Style style) {

    public Cell {
      Objects.requireNonNull(text, "text");
      Objects.requireNonNull(style, "style");
    }

    public static Cell of(String text) {
      return new Cell(text, Style.PLAIN);
    }
  }
}
