package io.trawl.milvus.neighbours;

import static java.util.Objects.requireNonNull;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.milvus.v2.common.DataType;
import io.milvus.v2.service.collection.request.AddFieldReq;
import io.milvus.v2.service.collection.request.CreateCollectionReq.CollectionSchema;
import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeType;
import io.trawl.space.catalogue.AttributeValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Items as the SDK wants them and gives them. */
final class ItemRows {

  private ItemRows() {}

  static CollectionSchema schema(ItemSchema schema) {
    var made = CollectionSchema.builder().build();
    made.addField(
        AddFieldReq.builder()
            .fieldName(ItemFields.ORDINAL)
            .dataType(DataType.Int64)
            .isPrimaryKey(true)
            .autoID(false)
            .build());
    made.addField(text(ItemFields.ID, schema.idBytes()));
    var fields = ItemFields.of(schema.attributes());
    for (var column : schema.columns()) {
      made.addField(field(requireNonNull(fields.get(column.attribute().name())), column));
    }
    made.addField(
        AddFieldReq.builder()
            .fieldName(ItemFields.VECTOR)
            .dataType(DataType.FloatVector)
            .dimension(schema.width())
            .build());
    return made;
  }

  private static AddFieldReq field(String name, ItemSchema.Column column) {
    return switch (column.type()) {
      case TEXT -> text(name, column.textBytes());
      case NUMBER -> AddFieldReq.builder().fieldName(name).dataType(DataType.Double).build();
      case FLAG -> AddFieldReq.builder().fieldName(name).dataType(DataType.Int8).build();
      case TEXTS ->
          AddFieldReq.builder()
              .fieldName(name)
              .dataType(DataType.Array)
              .elementType(DataType.VarChar)
              .maxLength(Math.max(1, column.textBytes()))
              .maxCapacity(Math.max(1, column.texts()))
              .build();
    };
  }

  private static AddFieldReq text(String name, int bytes) {
    return AddFieldReq.builder()
        .fieldName(name)
        .dataType(DataType.VarChar)
        .maxLength(Math.max(1, bytes))
        .build();
  }

  static JsonObject json(ItemRow row, List<Attribute> schema, Map<String, String> fields) {
    var json = new JsonObject();
    json.addProperty(ItemFields.ORDINAL, row.ordinal());
    json.addProperty(ItemFields.ID, row.id());
    for (var attribute : schema) {
      var value = row.attributes().get(attribute.name());
      json.add(fields.get(attribute.name()), stored(attribute.type(), value));
    }
    var vector = new JsonArray(row.vector().length);
    for (var number : row.vector()) {
      vector.add(number);
    }
    json.add(ItemFields.VECTOR, vector);
    return json;
  }

  private static JsonElement stored(AttributeType type, @Nullable AttributeValue value) {
    return switch (value) {
      case AttributeValue.Text(var text) -> new JsonPrimitive(text);
      case AttributeValue.Number(var number) -> new JsonPrimitive(number);
      case AttributeValue.Flag(var flag) -> new JsonPrimitive(flag ? 1 : 0);
      case AttributeValue.Texts(var texts) -> {
        var array = new JsonArray();
        texts.forEach(array::add);
        yield array;
      }
      case null ->
          switch (type) {
            case TEXT -> new JsonPrimitive(ItemFields.NO_TEXT);
            case NUMBER -> new JsonPrimitive(Double.NaN);
            case FLAG -> new JsonPrimitive(ItemFields.NO_FLAG);
            case TEXTS -> new JsonArray();
          };
    };
  }

  static ItemRow row(
      Map<String, Object> entity, List<Attribute> schema, Map<String, String> fields) {
    var attributes = new LinkedHashMap<String, AttributeValue>();
    for (var attribute : schema) {
      var value = given(attribute.type(), entity.get(fields.get(attribute.name())));
      if (value != null) {
        attributes.put(attribute.name(), value);
      }
    }
    return new ItemRow(
        ((Number) got(entity, ItemFields.ORDINAL)).intValue(),
        (String) got(entity, ItemFields.ID),
        attributes,
        floats((List<?>) got(entity, ItemFields.VECTOR)));
  }

  private static Object got(Map<String, Object> entity, String field) {
    var value = entity.get(field);
    if (value == null) {
      throw new IllegalStateException("Milvus gave no " + field);
    }
    return value;
  }

  private static @Nullable AttributeValue given(AttributeType type, @Nullable Object stored) {
    return switch (type) {
      case TEXT ->
          stored instanceof String text && !text.equals(ItemFields.NO_TEXT)
              ? new AttributeValue.Text(text)
              : null;
      case NUMBER ->
          stored instanceof Number number && !Double.isNaN(number.doubleValue())
              ? new AttributeValue.Number(number.doubleValue())
              : null;
      case FLAG ->
          stored instanceof Number number && number.intValue() != ItemFields.NO_FLAG
              ? new AttributeValue.Flag(number.intValue() == 1)
              : null;
      case TEXTS ->
          stored instanceof List<?> texts && !texts.isEmpty()
              ? new AttributeValue.Texts(texts.stream().map(String.class::cast).toList())
              : null;
    };
  }

  private static float[] floats(List<?> numbers) {
    var floats = new float[numbers.size()];
    for (var d = 0; d < floats.length; d++) {
      floats[d] = ((Number) numbers.get(d)).floatValue();
    }
    return floats;
  }
}
