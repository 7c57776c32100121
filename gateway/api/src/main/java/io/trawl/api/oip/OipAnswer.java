package io.trawl.api.oip;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.trawl.api.codec.JsonEncoder;
import io.trawl.api.oip.OipModel.Out;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelInferResponse.InferOutputTensor;
import io.trawl.workers.tensors.BytesTensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * An answer as the tensors of the model {@code trawl}: a row for each list, the merged one alone
 * where there is one, as wide as the longest; beyond a row's count there are empty texts and zeros.
 */
final class OipAnswer {

  private final List<List<Item>> rows;
  private final int width;
  private final RetrieveResponse answer;

  private OipAnswer(RetrieveResponse answer) {
    this.answer = answer;
    this.rows = rows(answer);
    this.width = rows.stream().mapToInt(List::size).max().orElse(0);
  }

  private record Item(String id, String title, float score) {}

  static ModelInferResponse write(ModelInferRequest asked, RetrieveResponse answer) {
    var tensors = new OipAnswer(answer);
    var response =
        ModelInferResponse.newBuilder()
            .setModelName(OipModel.NAME)
            .setModelVersion(Long.toString(answer.getSpace().getVersion()))
            .setId(asked.getId());
    for (var output : wanted(asked)) {
      response.addOutputs(
          InferOutputTensor.newBuilder()
              .setName(output.tensor)
              .setDatatype(output.datatype.name())
              .addAllShape(tensors.shape(output)));
      response.addRawOutputContents(tensors.data(output));
    }
    return response.build();
  }

  /** All outputs where none is named. */
  private static List<Out> wanted(ModelInferRequest asked) {
    return asked.getOutputsCount() == 0
        ? List.of(Out.values())
        : asked.getOutputsList().stream()
            .map(output -> Out.named(output.getName()).orElseThrow())
            .toList();
  }

  private static List<List<Item>> rows(RetrieveResponse answer) {
    if (answer.hasMerged()) {
      return List.of(
          answer.getMerged().getItemsList().stream()
              .map(item -> new Item(item.getId(), item.getTitle(), (float) item.getScore()))
              .toList());
    }
    return answer.getListsList().stream()
        .map(
            list ->
                list.getItemsList().stream()
                    .map(item -> new Item(item.getId(), item.getTitle(), item.getScore()))
                    .toList())
        .toList();
  }

  private List<Long> shape(Out output) {
    return switch (output) {
      case ITEM_IDS, TITLES, SCORES -> List.of((long) rows.size(), (long) width);
      case COUNTS -> List.of((long) rows.size());
      case ANSWER -> List.of(1L);
    };
  }

  private ByteString data(Out output) {
    return switch (output) {
      case ITEM_IDS -> BytesTensors.encode(texts(Item::id));
      case TITLES -> BytesTensors.encode(texts(Item::title));
      case SCORES -> scores();
      case COUNTS -> counts();
      case ANSWER ->
          BytesTensors.encode(List.of(ByteString.copyFrom(JsonEncoder.encode(answer).getBytes())));
    };
  }

  private List<ByteString> texts(Function<Item, String> text) {
    List<ByteString> texts = new ArrayList<>(rows.size() * width);
    for (var row : rows) {
      row.forEach(item -> texts.add(ByteString.copyFromUtf8(text.apply(item))));
      for (int i = row.size(); i < width; i++) {
        texts.add(ByteString.EMPTY);
      }
    }
    return texts;
  }

  private ByteString scores() {
    var scores = littleEndian(rows.size() * width);
    for (int i = 0; i < rows.size(); i++) {
      var row = rows.get(i);
      for (int j = 0; j < row.size(); j++) {
        scores.putFloat((i * width + j) * Float.BYTES, row.get(j).score());
      }
    }
    return UnsafeByteOperations.unsafeWrap(scores);
  }

  private ByteString counts() {
    var counts = littleEndian(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      counts.putInt(i * Integer.BYTES, rows.get(i).size());
    }
    return UnsafeByteOperations.unsafeWrap(counts);
  }

  /** Zeros of four bytes each. */
  private static ByteBuffer littleEndian(int elements) {
    return ByteBuffer.allocate(elements * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }
}
