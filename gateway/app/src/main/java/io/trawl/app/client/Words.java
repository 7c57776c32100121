package io.trawl.app.client;

import io.trawl.domain.Certificate;
import io.trawl.domain.Degradation;
import io.trawl.domain.Stage;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The words that both protocols write alike. */
final class Words {

  private Words() {}

  static Degradation degradation(String kind, String detail) {
    return new Degradation(Degradation.Kind.valueOf(kind.toUpperCase(Locale.ROOT)), detail);
  }

  /** Null for a list without one. */
  static @Nullable Certificate certificate(String label) {
    return label.isEmpty() ? null : Certificate.valueOf(label.toUpperCase(Locale.ROOT));
  }

  static Map<Stage, Long> stages(Map<String, Long> micros) {
    var nanos = new EnumMap<Stage, Long>(Stage.class);
    micros.forEach(
        (stage, time) -> nanos.put(Stage.valueOf(stage.toUpperCase(Locale.ROOT)), time * 1000));
    return nanos;
  }
}
