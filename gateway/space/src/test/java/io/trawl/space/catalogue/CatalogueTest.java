package io.trawl.space.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Filter;
import io.trawl.domain.Violation;
import io.trawl.retrieval.ItemSet;
import io.vertx.core.json.JsonObject;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CatalogueTest {

  private static final List<Attribute> SCHEMA =
      List.of(
          new Attribute("category", AttributeType.TEXT),
          new Attribute("tags", AttributeType.TEXTS),
          new Attribute("price", AttributeType.NUMBER),
          new Attribute("in_stock", AttributeType.FLAG));

  private final Catalogue shop =
      catalogue(
          """
          a\tBlue lamp\t{"category":"lamp","tags":["blue","sale"],"price":10,"in_stock":true}
          b\tRed lamp\t{"category":"lamp","tags":["red"],"price":25.5,"in_stock":false}
          c\tRed chair\t{"category":"chair","tags":[],"price":-0.0}
          dé\t\t{"tags":["red","sale","red"],"in_stock":true}
          e\tBare\t{}
          """);

  @Test
  void findsItemsByIdAndBack() {
    assertEquals(5, shop.count());
    assertEquals(0, shop.ordinal("a"));
    assertEquals(3, shop.ordinal("dé"));
    assertEquals("dé", shop.id(3));
    assertEquals("", shop.title(3));
    assertEquals("Red chair", shop.title(2));
  }

  @Test
  void knowsNoOtherIds() {
    for (var id :
        List.of("", "d", "A", "a\t", "a\tBlue lamp", "aa", "lamp", "\ud800", "e\tBare\t{}\n")) {
      assertEquals(-1, shop.ordinal(id), id);
    }
  }

  @Test
  void givesTheAttributesThatAnItemHas() {
    assertEquals(
        Map.of(
            "category", new AttributeValue.Text("lamp"),
            "tags", new AttributeValue.Texts(List.of("blue", "sale")),
            "price", new AttributeValue.Number(10),
            "in_stock", new AttributeValue.Flag(true)),
        shop.attributes(0));
    assertEquals(List.of("category", "price"), List.copyOf(shop.attributes(2).keySet()));
    assertEquals(Map.of(), shop.attributes(4));
  }

  @Test
  void comparesText() {
    assertEligible("a b", equal("category", "lamp"));
    assertEligible("", equal("category", "sofa"));
    assertEligible("a b c", new Filter.In("category", texts("chair", "lamp", "sofa")));
    assertEligible("", new Filter.In("category", List.of()));
  }

  @Test
  void holdsIfOneOfSeveralTextsDoes() {
    assertEligible("b dé", equal("tags", "red"));
    assertEligible("a b dé", new Filter.In("tags", texts("red", "blue")));
  }

  @Test
  void comparesNumbers() {
    assertEligible("a", new Filter.Equal("price", new Filter.Number(10)));
    assertEligible("c", new Filter.Equal("price", new Filter.Number(0)));
    assertEligible(
        "b c", new Filter.In("price", List.of(new Filter.Number(25.5), new Filter.Number(-0.0))));
    assertEligible("a b", new Filter.Range("price", 10.0, 25.5));
    assertEligible("b", new Filter.Range("price", 10.1, null));
    assertEligible("a c", new Filter.Range("price", null, 25.4));
    assertEligible("a b c", new Filter.Range("price", null, null));
  }

  @Test
  void comparesFlags() {
    assertEligible("a dé", new Filter.Equal("in_stock", new Filter.Flag(true)));
    assertEligible("b", new Filter.Equal("in_stock", new Filter.Flag(false)));
  }

  @Test
  void combinesFilters() {
    var red = equal("tags", "red");
    var lamp = equal("category", "lamp");
    assertEligible("b", new Filter.All(List.of(red, lamp)));
    assertEligible("a b dé", new Filter.Any(List.of(red, lamp)));
    assertEligible("a c e", new Filter.Not(red));
    assertEligible("a b c dé e", new Filter.All(List.of()));
    assertEligible("", new Filter.Any(List.of()));
    assertEligible("c e", new Filter.Not(new Filter.Any(List.of(red, lamp))));
  }

  @Test
  void namesEverythingThatIsWrongWithAFilter() {
    var filter =
        new Filter.All(
            List.of(
                equal("category", "lamp"),
                equal("colour", "red"),
                new Filter.Not(
                    new Filter.Any(
                        List.of(new Filter.In("price", List.of(new Filter.Number(1), text("2")))))),
                new Filter.Range("tags", 1.0, null),
                new Filter.Range("price", 2.0, 1.0),
                new Filter.Equal("in_stock", text("yes"))));
    assertEquals(
        List.of(
            "filter.all[1].equal.attribute",
            "filter.all[2].not.any[0].in.values[1]",
            "filter.all[3].range.attribute",
            "filter.all[4].range.at_least",
            "filter.all[5].equal.value"),
        fields(filter));
    var invalid = assertInstanceOf(Eligibility.Invalid.class, shop.eligible(filter));
    assertEquals(
        "is \"colour\", which the space does not have; expected one of category, tags, price,"
            + " in_stock",
        invalid.violations().getFirst().why());
    assertEquals("is text; expected a number, as price holds", invalid.violations().get(1).why());
  }

  @Test
  void takesPercentSignsInNamesAsTheyAre() {
    assertEquals(List.of("filter.equal.attribute"), fields(equal("%s%n", "x")));
    assertTrue(shop.violations(equal("%s", "x")).getFirst().why().contains("\"%s\""));
  }

  @Test
  void refusesNaN() {
    assertEquals(
        List.of("filter.range.at_least"), fields(new Filter.Range("price", Double.NaN, 1.0)));
    assertEquals(
        List.of("filter.equal.value"),
        fields(new Filter.Equal("price", new Filter.Number(Double.NaN))));
  }

  @Test
  void boundsHowDeepAFilterIs() {
    Filter deep = equal("category", "lamp");
    for (var level = 1; level < 16; level++) {
      deep = new Filter.Not(deep);
    }
    assertEquals(List.of(), fields(deep));
    assertFalse(fields(new Filter.Not(deep)).isEmpty());
  }

  @Test
  void countsWhatTheItemsHave() {
    var facts = shop.facts();
    assertEquals(3, facts.get(0).items());
    assertEquals(
        List.of(
            new AttributeFacts.ValueCount("lamp", 2), new AttributeFacts.ValueCount("chair", 1)),
        facts.get(0).common());
    assertEquals(3, facts.get(1).items());
    assertEquals(3, facts.get(1).distinctValues());
    assertEquals("red", facts.get(1).common().getFirst().value());
    assertEquals(25.5, facts.get(2).greatest().orElseThrow());
    assertEquals(3, facts.get(2).items());
    assertEquals(
        List.of(
            new AttributeFacts.ValueCount("true", 2), new AttributeFacts.ValueCount("false", 1)),
        facts.get(3).common());
  }

  @Test
  void takesAReplacementCharacterForText() {
    var odd = catalogue("a\ufffd\t\ufffd\t{}\n");
    assertEquals(0, odd.ordinal("a\ufffd"));
    assertEquals("\ufffd", odd.title(0));
  }

  @Test
  void readsLinesLongerThanItsWindow() {
    var title = "x".repeat(200_000);
    var wide = catalogue("a\t" + title + "\t{}\nb\tB\t{}\nc\t" + title + "\t{}\n");
    assertEquals(title, wide.title(0));
    assertEquals("B", wide.title(wide.ordinal("b")));
    assertEquals(title, wide.title(wide.ordinal("c")));
  }

  /** Many items with random attributes, every filter held against the rows themselves. */
  @Test
  void agreesWithAPlainScan() {
    var seed = System.nanoTime();
    var random = new Random(seed);
    var rows = new ArrayList<JsonObject>();
    var lines = new StringBuilder();
    for (var ordinal = 0; ordinal < 3000; ordinal++) {
      var row = new JsonObject();
      if (random.nextInt(4) > 0) {
        row.put("category", "c" + random.nextInt(1000));
      }
      if (random.nextInt(4) > 0) {
        row.put("price", random.nextInt(20) / 4.0);
      }
      rows.add(row);
      lines.append("id-%d\tItem %d\t%s\n".formatted(ordinal * 31, ordinal, row.encode()));
    }
    var catalogue = catalogue(lines.toString());
    for (var ordinal = 0; ordinal < rows.size(); ordinal++) {
      assertEquals(ordinal, catalogue.ordinal("id-" + ordinal * 31), "seed " + seed);
      assertEquals("id-" + ordinal * 31, catalogue.id(ordinal));
    }
    for (var round = 0; round < 50; round++) {
      var value = "c" + random.nextInt(1100);
      var from = random.nextInt(20) / 4.0;
      var filter =
          new Filter.Any(
              List.of(
                  equal("category", value),
                  new Filter.Not(new Filter.Range("price", from, from + 1.5))));
      IntPredicate plain =
          ordinal -> {
            var price = rows.get(ordinal).getDouble("price");
            return value.equals(rows.get(ordinal).getString("category"))
                || !(price != null && price >= from && price <= from + 1.5);
          };
      var expected = IntStream.range(0, rows.size()).filter(plain).boxed().toList();
      assertEquals(expected, ordinals(catalogue, filter), "seed " + seed);
    }
  }

  private void assertEligible(String ids, Filter filter) {
    var found = ordinals(shop, filter).stream().map(shop::id).collect(Collectors.joining(" "));
    assertEquals(ids, found);
  }

  private static List<Integer> ordinals(Catalogue catalogue, Filter filter) {
    var eligible = assertInstanceOf(Eligibility.Eligible.class, catalogue.eligible(filter));
    ItemSet items = eligible.items();
    return IntStream.range(0, catalogue.count()).filter(items::contains).boxed().toList();
  }

  private List<String> fields(Filter filter) {
    return shop.violations(filter).stream().map(Violation::field).toList();
  }

  private static Filter equal(String attribute, String value) {
    return new Filter.Equal(attribute, text(value));
  }

  private static Filter.Value text(String value) {
    return new Filter.Text(value);
  }

  private static List<Filter.Value> texts(String... values) {
    return List.of(values).stream().map(CatalogueTest::text).toList();
  }

  private static Catalogue catalogue(String lines) {
    var segment = MemorySegment.ofArray(lines.getBytes(StandardCharsets.UTF_8));
    return CatalogueReader.read(segment, (int) lines.lines().count(), SCHEMA);
  }
}
