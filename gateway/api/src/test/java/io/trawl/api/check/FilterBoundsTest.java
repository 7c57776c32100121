package io.trawl.api.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.Value;
import io.trawl.api.v1.Filter;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.domain.Violation;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a filter may hold by default, at each bound and one above it. */
class FilterBoundsTest {

  private static final Value ONE = Value.newBuilder().setNumberValue(1).build();

  private static List<String> wrong(Filter filter) {
    var message =
        RetrieveRequest.newBuilder()
            .addObjectives(ObjectiveRequest.newBuilder().setName("next-item").build())
            .setFilter(filter)
            .build();
    return switch (new RequestChecker(ApiLimits.defaults()).check(message, "id")) {
      case Checked.Right<?> _ -> List.of();
      case Checked.Wrong<?>(_, var violations) ->
          violations.stream().map(FilterBoundsTest::text).toList();
    };
  }

  private static String text(Violation violation) {
    return violation.field() + ": " + violation.why();
  }

  private static Filter equal() {
    return Filter.newBuilder()
        .setEqual(Filter.Equal.newBuilder().setAttribute("price").setValue(ONE))
        .build();
  }

  private static Filter in(int values) {
    return Filter.newBuilder()
        .setIn(
            Filter.In.newBuilder()
                .setAttribute("price")
                .addAllValues(Collections.nCopies(values, ONE)))
        .build();
  }

  private static Filter range() {
    return Filter.newBuilder()
        .setRange(Filter.Range.newBuilder().setAttribute("price").setAtLeast(1))
        .build();
  }

  private static Filter any(List<Filter> filters) {
    return Filter.newBuilder().addAllAny(filters).build();
  }

  private static Filter not(Filter filter) {
    return Filter.newBuilder().setNot(filter).build();
  }

  @Test
  void comparisons() {
    for (var one : List.of(equal(), in(1), range())) {
      assertEquals(List.of(), wrong(any(Collections.nCopies(64, one))));
      assertEquals(
          List.of("filter: has more than 64 comparisons"),
          wrong(any(Collections.nCopies(65, one))));
    }
    assertEquals(
        List.of("filter: has more than 64 comparisons"),
        wrong(any(Collections.nCopies(255, equal()))));
  }

  @Test
  void conditions() {
    // One that holds the others, 63 with three before each, and what is left before the last.
    var four = not(not(not(equal())));
    var most = new ArrayList<>(Collections.nCopies(63, four));
    most.add(not(not(equal())));
    assertEquals(List.of(), wrong(any(most)));
    most.set(63, four);
    assertEquals(List.of("filter: has more than 256 conditions"), wrong(any(most)));
  }

  @Test
  void values() {
    assertEquals(List.of(), wrong(in(1000)));
    assertEquals(
        List.of("filter.in.values: has 1001 values; expected at most 1000"), wrong(in(1001)));
    var most = new ArrayList<>(Collections.nCopies(10, in(1000)));
    assertEquals(List.of(), wrong(any(most)));
    most.add(in(1));
    assertEquals(List.of("filter: has more than 10000 values"), wrong(any(most)));
  }

  /** No list that the document allows is too long for every filter. */
  @Test
  void theDocumentPrintsTheLongestListThatPasses() {
    for (var field : List.of("all", "any")) {
      var schema = new JsonObject();
      new FieldRules(ApiLimits.defaults())
          .print(Filter.getDescriptor().findFieldByName(field), schema);
      assertEquals(64, schema.getInteger("maxItems"), field);
      assertEquals(
          List.of(), wrong(any(Collections.nCopies(schema.getInteger("maxItems"), equal()))));
    }
  }
}
