package io.trawl.api.oip;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.trawl.api.check.Path;
import io.trawl.api.check.Violations;
import io.trawl.api.codec.Decoded;
import io.trawl.api.codec.JsonDecoder;
import io.trawl.api.oip.OipModel.In;
import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.Filter;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.User;
import io.trawl.domain.Violation;
import io.trawl.workers.protocol.InferParameter.ParameterChoiceCase;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.InvalidTensors;
import io.trawl.workers.tensors.TypedContents;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An inference request of the model {@code trawl} to a {@link RetrieveRequest}, which then is
 * checked as everybody's. What is wrong is said of the tensor that the caller sent.
 */
public final class OipReader {

  static final String DEADLINE = "deadline_ms";

  /** What a field of a request is called as a tensor; all other fields have their own names. */
  private static final List<Map.Entry<Pattern, String>> TENSORS =
      List.of(
          Map.entry(Pattern.compile("objectives(\\[\\d+])?\\.name"), "objective$1"),
          Map.entry(Pattern.compile("objectives(\\[\\d+])?\\.text"), "text$1"),
          Map.entry(Pattern.compile("objectives(.*)"), "objective$1"),
          Map.entry(Pattern.compile("user\\.id"), "user_id"),
          Map.entry(Pattern.compile("user\\.history(\\[\\d+])?\\.action"), "history_actions$1"),
          Map.entry(Pattern.compile("user\\.history(\\[\\d+])?\\.time"), "history_times$1"),
          Map.entry(Pattern.compile("user\\.history(\\[\\d+])?(\\.item)?"), "history_items$1"));

  private final ModelInferRequest asked;
  private final JsonDecoder decoder;
  private final Violations violations;
  private final Map<In, ByteString> given = new EnumMap<>(In.class);

  private OipReader(ModelInferRequest asked, int maxViolations) {
    this.asked = asked;
    this.decoder = new JsonDecoder(maxViolations);
    this.violations = new Violations(maxViolations);
  }

  public static Decoded<RetrieveRequest> read(ModelInferRequest asked, int maxViolations) {
    return new OipReader(asked, maxViolations).read();
  }

  /** What is wrong with a request, said of the tensors that it was read from. */
  static List<Violation> inTensors(ModelInferRequest asked, List<Violation> violations) {
    boolean whole =
        asked.getInputsList().stream().anyMatch(in -> in.getName().equals(In.REQUEST.tensor));
    return violations.stream()
        .map(one -> new Violation(whole ? under(In.REQUEST, one) : tensor(one.field()), one.why()))
        .toList();
  }

  private static String under(In input, Violation violation) {
    return violation.field().isEmpty()
        ? input.tensor
        : input.tensor + (violation.field().startsWith("[") ? "" : ".") + violation.field();
  }

  private static String tensor(String field) {
    for (var each : TENSORS) {
      var matcher = each.getKey().matcher(field);
      if (matcher.matches()) {
        return matcher.replaceAll(each.getValue());
      }
    }
    return field;
  }

  private Decoded<RetrieveRequest> read() {
    var message = RetrieveRequest.newBuilder();
    checkOutputs();
    collect();
    if (given.containsKey(In.REQUEST)) {
      if (given.size() > 1) {
        wrong(In.REQUEST.tensor, "is given with others; expected it alone");
      }
      json(In.REQUEST, RetrieveRequest.getDefaultInstance(), message::mergeFrom);
    } else {
      fill(message);
    }
    deadline(message);
    if (message.getRequestId().isEmpty()) {
      message.setRequestId(asked.getId());
    }
    return violations.none()
        ? new Decoded.Legible<>(message.build())
        : new Decoded.Illegible<>(violations.list());
  }

  private void wrong(String tensor, String why) {
    violations.add(Path.ROOT.field(tensor), why);
  }

  private void checkOutputs() {
    for (var output : asked.getOutputsList()) {
      if (OipModel.Out.named(output.getName()).isEmpty()) {
        wrong(
            "outputs",
            "names " + Violations.quote(output.getName()) + "; expected some of " + outputs());
      }
      if (output.getParametersCount() > 0) {
        wrong(
            output.getName(),
            "has parameter "
                + Violations.quote(output.getParametersMap().keySet().iterator().next())
                + "; expected none");
      }
    }
  }

  private static String outputs() {
    return List.of(OipModel.Out.values()).stream()
        .map(output -> output.tensor)
        .collect(Collectors.joining(", "));
  }

  private static String inputs() {
    return List.of(In.values()).stream()
        .map(input -> input.tensor)
        .collect(Collectors.joining(", "));
  }

  /** Takes each input's data in the raw layout, where it is one of ours and fits. */
  private void collect() {
    int raw = asked.getRawInputContentsCount();
    if (raw != 0 && raw != asked.getInputsCount()) {
      wrong(
          "",
          "brings raw contents for "
              + raw
              + " of "
              + asked.getInputsCount()
              + " inputs; expected all of them or none");
      return;
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < asked.getInputsCount(); i++) {
      var tensor = asked.getInputs(i);
      var input = In.named(tensor.getName());
      if (input.isEmpty()) {
        wrong(
            "inputs",
            "holds " + Violations.quote(tensor.getName()) + "; expected some of " + inputs());
      } else if (!seen.add(tensor.getName())) {
        wrong(tensor.getName(), "is given twice");
      } else if (fits(input.get(), tensor)) {
        var data = data(input.get(), tensor, raw == 0 ? null : asked.getRawInputContents(i));
        if (data != null) {
          given.put(input.get(), data);
        }
      }
    }
  }

  private boolean fits(In input, InferInputTensor tensor) {
    if (!tensor.getDatatype().equals(input.datatype.name())) {
      wrong(
          input.tensor,
          "is " + Violations.quote(tensor.getDatatype()) + "; expected " + input.datatype);
    } else if (tensor.getShapeCount() != 1
        || tensor.getShape(0) < 0
        || (input.size == 1 && tensor.getShape(0) != 1)) {
      wrong(
          input.tensor,
          "has shape "
              + tensor.getShapeList()
              + "; expected "
              + (input.size == 1 ? "[1]" : "one dimension"));
    } else if (tensor.getParametersCount() > 0) {
      wrong(
          input.tensor,
          "has parameter "
              + Violations.quote(tensor.getParametersMap().keySet().iterator().next())
              + "; expected none");
    } else {
      return true;
    }
    return false;
  }

  /** The data in the raw layout, as long as the shape says; null where it is not. */
  private @Nullable ByteString data(In input, InferInputTensor tensor, @Nullable ByteString raw) {
    long size = tensor.getShape(0);
    if (raw != null && tensor.hasContents()) {
      wrong(input.tensor, "brings raw and typed contents; expected one of them");
      return null;
    }
    try {
      if (raw == null) {
        return TypedContents.toRaw(
            input.tensor, OipModel.NAME, input.datatype, tensor.getContents(), size);
      }
      int bytes = input.datatype.sizeBytes();
      long found = bytes == 0 ? BytesTensors.count(raw, "") : raw.size() / bytes;
      if (found == size && (bytes == 0 || raw.size() % bytes == 0)) {
        return raw;
      }
      wrong(
          input.tensor,
          bytes == 0
              ? "holds " + found + " elements; expected " + size + " by its shape"
              : "has " + raw.size() + " bytes; expected " + size * bytes + " by its shape");
    } catch (InvalidTensors | IllegalArgumentException unfit) {
      wrong(input.tensor, String.valueOf(unfit.getMessage()));
    }
    return null;
  }

  private void fill(RetrieveRequest.Builder message) {
    var objectives = texts(In.OBJECTIVE);
    var texts = texts(In.TEXT);
    boolean haveTexts = asLong(In.TEXT, texts.size(), In.OBJECTIVE, objectives.size());
    for (int i = 0; i < objectives.size(); i++) {
      var objective = ObjectiveRequest.newBuilder().setName(objectives.get(i));
      if (haveTexts && !texts.get(i).isEmpty()) {
        objective.setText(texts.get(i));
      }
      message.addObjectives(objective);
    }
    var user = User.newBuilder();
    texts(In.USER_ID).forEach(user::setId);
    fillHistory(user);
    message.setUser(user);
    message.addAllExcludedItems(texts(In.EXCLUDED_ITEMS));
    if (given.containsKey(In.K)) {
      message.setK(numbers(In.K).getInt());
    }
    if (given.containsKey(In.EXCLUDE_HISTORY)) {
      message.setExcludeHistory(numbers(In.EXCLUDE_HISTORY).get() != 0);
    }
    json(In.FILTER, Filter.getDefaultInstance(), message::setFilter);
  }

  private void fillHistory(User.Builder user) {
    var items = texts(In.HISTORY_ITEMS);
    var actions = texts(In.HISTORY_ACTIONS);
    var times = numbers(In.HISTORY_TIMES).asLongBuffer();
    boolean haveActions =
        asLong(In.HISTORY_ACTIONS, actions.size(), In.HISTORY_ITEMS, items.size());
    boolean haveTimes = asLong(In.HISTORY_TIMES, times.remaining(), In.HISTORY_ITEMS, items.size());
    for (int i = 0; i < items.size(); i++) {
      var behaviour = Behaviour.newBuilder().setItem(items.get(i));
      if (haveActions) {
        behaviour.setAction(actions.get(i));
      }
      if (haveTimes && times.get(i) != -1) {
        behaviour.setTime(times.get(i));
      }
      user.addHistory(behaviour);
    }
  }

  /** Whether an input that goes along with another one is there, element for element. */
  private boolean asLong(In input, int size, In with, int expected) {
    if (!given.containsKey(input)) {
      return false;
    }
    if (size != expected) {
      wrong(
          input.tensor,
          "holds " + size + " elements; expected " + expected + ", as many as " + with.tensor);
    }
    return size == expected;
  }

  /** The elements of a BYTES input, none where it is not given. */
  private List<String> texts(In input) {
    var data = given.get(input);
    if (data == null) {
      return List.of();
    }
    List<String> texts = new ArrayList<>();
    for (var element : BytesTensors.elements(data)) {
      if (!element.isValidUtf8()) {
        violations.add(Path.ROOT.field(input.tensor).at(texts.size()), "is not UTF-8");
      }
      texts.add(element.toStringUtf8());
    }
    return texts;
  }

  /** The data of an input of numbers, empty where it is not given. */
  private ByteBuffer numbers(In input) {
    return given
        .getOrDefault(input, ByteString.EMPTY)
        .asReadOnlyByteBuffer()
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private <M extends Message> void json(In input, M prototype, Consumer<M> then) {
    var data = given.get(input);
    if (data == null) {
      return;
    }
    var json = BytesTensors.elements(data).getFirst().toByteArray();
    switch (decoder.decode(json, prototype)) {
      case Decoded.Legible<M>(var message) -> then.accept(message);
      case Decoded.Illegible<M>(var wrong) ->
          wrong.forEach(one -> wrong(under(input, one), one.why()));
    }
  }

  private void deadline(RetrieveRequest.Builder message) {
    asked
        .getParametersMap()
        .forEach(
            (name, value) -> {
              if (!name.equals(DEADLINE)) {
                wrong(
                    "parameters",
                    "holds " + Violations.quote(name) + "; expected " + DEADLINE + " alone");
              } else if (value.getParameterChoiceCase() != ParameterChoiceCase.INT64_PARAM) {
                wrong(
                    DEADLINE,
                    "is "
                        + value.getParameterChoiceCase()
                        + "; expected INT64_PARAM, milliseconds");
              } else if (!message.hasDeadlineMs()
                  || message.getDeadlineMs() > value.getInt64Param()) {
                message.setDeadlineMs(value.getInt64Param());
              }
            });
  }
}
