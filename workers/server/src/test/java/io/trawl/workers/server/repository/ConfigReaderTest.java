package io.trawl.workers.server.repository;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelQueuePolicy.TimeoutAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is honoured is read, everything else is refused by name: a field that is silently ignored
 * changes answers or batching behind the operator's back.
 */
final class ConfigReaderTest {
  private static final Path FILE = Path.of("repository/m/config.pbtxt");

  private static ModelConfig parse(String text) throws ConfigException {
    return ConfigReader.parse(FILE, text, "m", false);
  }

  private static String refusal(String text) {
    return assertThrows(ConfigException.class, () -> parse(text)).getMessage();
  }

  @Test
  void readsEverythingThatIsHonoured() throws ConfigException {
    ModelConfig config =
        parse(
            """
            # Comments are allowed.
            name: "m"
            backend: "onnxruntime"
            platform: "onnxruntime_onnx"
            default_model_filename: "net.onnx"
            max_batch_size: 16
            version_policy { specific { versions: [ 1, 3 ] } }
            input [ { name: "A" data_type: TYPE_INT64 dims: [ -1 ] },
                    { name: "B" data_type: TYPE_FP16 dims: [ -1, 8 ] } ]
            output [ { name: "C" data_type: TYPE_STRING dims: [ 2, 2 ] } ]
            instance_group [ { count: 2 kind: KIND_CPU }, { kind: KIND_AUTO } ]
            dynamic_batching {
              preferred_batch_size: [ 4, 8 ]
              max_queue_delay_microseconds: 100
              default_queue_policy {
                timeout_action: DELAY
                default_timeout_microseconds: 500000
                allow_timeout_override: true
                max_queue_size: 32
              }
            }
            model_warmup [ {
              name: "small" batch_size: 2 count: 3
              inputs { key: "A" value: { data_type: TYPE_INT64 dims: [ 4 ] zero_data: true } }
              inputs { key: "B" value: { data_type: TYPE_FP16 dims: [ 4, 8 ] random_data: true } }
            } ]
            """);

    assertEquals(List.of(1L, 3L), config.getVersionPolicy().getSpecific().getVersionsList());
    assertEquals(List.of(-1L, 8L), config.getInput(1).getDimsList());
    assertEquals(List.of(4, 8), config.getDynamicBatching().getPreferredBatchSizeList());
    assertEquals(
        TimeoutAction.DELAY,
        config.getDynamicBatching().getDefaultQueuePolicy().getTimeoutAction());
    assertEquals(3, config.getModelWarmup(0).getCount());
  }

  @Test
  void aNameMayBeLeftOut() throws ConfigException {
    assertEquals("m", parse("backend: \"onnxruntime\"").getName());
  }

  @Test
  void aScriptsParametersAreItsOwnBusiness() throws ConfigException {
    parse("backend: \"python\" parameters { key: \"x\" value: { string_value: \"y\" } }");
  }

  /** Fields that Triton knows and this worker does not: each must be named in the refusal. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "sequence_batching { max_sequence_idle_microseconds: 1 }",
        "ensemble_scheduling { }",
        "model_metrics { }",
        "nonsense: 1",
      })
  void refusesUnknownFieldsByName(String field) {
    String refusal = refusal("backend: \"onnxruntime\"\n" + field);
    String name = field.split("[ :]")[0];
    assertTrue(refusal.startsWith(FILE + ":2: field '" + name + "' in '" + field), refusal);
    assertTrue(refusal.contains("README"), refusal);
  }

  /** Known fields with a value that is not served: field, value and what is accepted are named. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "name: \"other\" | name | other | 'm'",
        "backend: \"tensorrt\" | backend | tensorrt | onnxruntime",
        "platform: \"pytorch_libtorch\" | platform | pytorch_libtorch | onnxruntime_onnx",
        "max_batch_size: -1 | max_batch_size | -1 | 0 to 65536",
        "default_model_filename: \"../x\" | default_model_filename | ../x | file name",
        "input { data_type: TYPE_FP32 dims: 1 } | input[0].name |  | a name",
        "input { name: \"A\" dims: 1 } | input[0].data_type | TYPE_INVALID | TYPE_BOOL",
        "input { name: \"A\" data_type: TYPE_FP32 dims: 0 } | input[0].dims | [0] | -1",
        "input { name: \"A\" data_type: TYPE_FP32 dims: -2 } | input[0].dims | [-2] | -1",
        "metric_tags { key: \"a\" value: \"b\" } | metric_tags | { key: \"a\" value: \"b\" } |"
            + " nothing",
        "model_transaction_policy { decoupled: true } | model_transaction_policy | { decoupled:"
            + " true } | nothing",
        "batch_input [ { kind: BATCH_ELEMENT_COUNT } ] | batch_input | { } | nothing",
        "batch_output [ { target_name: \"x\" } ] | batch_output | { target_name: \"x\" } | nothing",
        "response_cache { enable: true } | response_cache | { enable: true } | nothing",
        "runtime: \"python3\" | runtime | python3 | nothing",
        "model_operations { op_library_filename: \"x\" } | model_operations | {"
            + " op_library_filename: \"x\" } | nothing",
        "cc_model_filenames { key: \"a\" value: \"b\" } | cc_model_filenames | { key: \"a\" value:"
            + " \"b\" } | nothing",
        "model_repository_agents { agents { name: \"a\" } } | model_repository_agents | { agents {"
            + " name: \"a\" } } | nothing",
        "input { name: \"A\" data_type: TYPE_FP32 dims: 4 reshape { shape: [ 2, 2 ] } } |"
            + " input[0].reshape | [4] to [2,2] | [1] to []",
        "input { name: \"A\" data_type: TYPE_FP32 is_non_linear_format_io: true } |"
            + " input[0].is_non_linear_format_io | true | nothing",
        "input { name: \"A\" data_type: TYPE_FP32 is_shape_tensor: true } |"
            + " input[0].is_shape_tensor | true | nothing",
        "input { name: \"A\" data_type: TYPE_FP32 allow_ragged_batch: true } |"
            + " input[0].allow_ragged_batch | true | nothing",
        "input { name: \"A\" data_type: TYPE_FP32 optional: true } | input[0].optional | true |"
            + " nothing",
        "input [ { name: \"A\" data_type: TYPE_FP32 }, { name: \"A\" data_type: TYPE_FP32 } ] |"
            + " input[1].name | A | once",
        "output { name: \"A\" data_type: TYPE_FP32 label_filename: \"l\" } |"
            + " output[0].label_filename | l | nothing",
        "output { name: \"A\" data_type: TYPE_FP32 dims: -1 reshape { } } | output[0].reshape |"
            + " [-1] to [] | [1] to []",
        "output { name: \"A\" data_type: TYPE_FP32 is_shape_tensor: true } |"
            + " output[0].is_shape_tensor | true | nothing",
        "instance_group { kind: KIND_GPU } | instance_group[0].kind | KIND_GPU | KIND_CPU or"
            + " KIND_AUTO; see --gpu-as-cpu",
        "instance_group { kind: KIND_MODEL } | instance_group[0].kind | KIND_MODEL | KIND_CPU",
        "instance_group { count: -1 } | instance_group[0].count | -1 | 0",
        "max_batch_size: 65537 | max_batch_size | 65537 | 0 to 65536",
        "instance_group { count: 1000000 } | instance_group | 1000000 instances | 64",
        "instance_group { count: 65 } | instance_group | 65 instances | 64",
        "instance_group { rate_limiter { priority: 1 } } | instance_group[0].rate_limiter | {"
            + " priority: 1 } | nothing",
        "instance_group { passive: true } | instance_group[0].passive | true | nothing",
        "instance_group { host_policy: \"numa\" } | instance_group[0].host_policy | numa | nothing",
        "instance_group { gpus: 0 } | instance_group[0].gpus | [0] | nothing",
        "version_policy { latest { } } | version_policy.latest.num_versions | 0 | 1 or more",
        "version_policy { specific { } } | version_policy.specific.versions |  | one version",
        "version_policy { specific { versions: 0 } } | version_policy.specific.versions | 0 | 1 or"
            + " more",
        "parameters { key: \"thread_count\" value: { string_value: \"1\" } } | parameters |"
            + " thread_count | intra_op_thread_count",
        "dynamic_batching { } | dynamic_batching | given | max_batch_size is 0",
        "max_batch_size: 4 dynamic_batching { preferred_batch_size: 5 } |"
            + " dynamic_batching.preferred_batch_size | 5 | 4",
        "max_batch_size: 4 dynamic_batching { preferred_batch_size: 0 } |"
            + " dynamic_batching.preferred_batch_size | 0 | 4",
        "max_batch_size: 4 dynamic_batching { preserve_ordering: true } |"
            + " dynamic_batching.preserve_ordering | true | nothing",
        "max_batch_size: 4 dynamic_batching { priority_levels: 2 } |"
            + " dynamic_batching.priority_levels | 2 | 0",
        "max_batch_size: 4 dynamic_batching { default_priority_level: 1 } |"
            + " dynamic_batching.default_priority_level | 1 | 0",
        "max_batch_size: 4 dynamic_batching { priority_queue_policy { key: 1 value: { } } } |"
            + " dynamic_batching.priority_queue_policy | { key: 1 value { } } | nothing",
        "max_batch_size: 4 dynamic_batching { max_queue_delay_microseconds: 18446744073709551615 }"
            + " | dynamic_batching.max_queue_delay_microseconds | 18446744073709551615 | 0 to",
        "max_batch_size: 4 dynamic_batching { default_queue_policy { max_queue_size: 4294967295 } }"
            + " | dynamic_batching.default_queue_policy.max_queue_size | 4294967295 | 0 to",
        "model_warmup { batch_size: 2 } | model_warmup[0].batch_size | 2 | max_batch_size",
        "model_warmup { count: 1001 } | model_warmup[0].count | 1001 | 1000",
        "model_warmup { inputs { key: \"A\" value: { data_type: TYPE_FP32 dims: 0 } } } |"
            + " model_warmup[0].inputs[\"A\"].dims | [0] | 1 or more",
        "model_warmup { inputs { key: \"A\" value: { data_type: TYPE_FP32 input_data_file: \"f\" }"
            + " } } | model_warmup[0].inputs[\"A\"] | input_data_file | zero_data",
      })
  void refusesValuesByName(String text, String field, String value, String accepted) {
    String backend =
        text.startsWith("backend") || text.startsWith("platform")
            ? ""
            : "backend: \"onnxruntime\" ";
    String refusal = refusal(backend + text);
    String given = value == null ? "" : value;
    assertTrue(refusal.startsWith(FILE + ": " + field + " is '" + given + "'"), refusal);
    assertTrue(refusal.contains("this worker accepts"), refusal);
    assertTrue(refusal.substring(refusal.indexOf("accepts")).contains(accepted), refusal);
  }

  @Test
  void refusesListsWithoutEnd() {
    String sizes = "preferred_batch_size: 1 ".repeat(257);
    String refusal =
        refusal(
            "backend: \"onnxruntime\" max_batch_size: 4 dynamic_batching { "
                + sizes
                + "} "
                + "model_warmup { } ".repeat(257));
    assertEquals(
        FILE
            + ": dynamic_batching.preferred_batch_size is '257 sizes', this worker accepts at most"
            + " 256; "
            + FILE
            + ": model_warmup is '257 of them', this worker accepts at most 256",
        refusal);
  }

  /** Everything that is wrong is said in one go: fields that are not known, and values. */
  @Test
  void namesAllProblemsAtOnce() {
    String text =
        """
        backend: "onnxruntime"
        max_batch_size: -1
        nonsense: 1
        model_warmup [ { speed: 2 } ]
        instance_group [ { kind: KIND_GPU }, { count: -1 } ]
        """;
    assertEquals(
        List.of(
            FILE
                + ":3: field 'nonsense' in 'nonsense: 1' is not honoured by this worker, which"
                + " accepts the fields listed in its README",
            FILE
                + ":4: field 'speed' in 'model_warmup [ { speed: 2 } ]' is not honoured by this"
                + " worker, which accepts the fields listed in its README",
            FILE + ": max_batch_size is '-1', this worker accepts 0 to 65536",
            FILE
                + ": instance_group[0].kind is 'KIND_GPU', this worker accepts KIND_CPU or"
                + " KIND_AUTO|see --gpu-as-cpu",
            FILE
                + ": instance_group[1].count is '-1', this worker accepts 0 (one instance) or"
                + " more"),
        List.of(refusal(text).replace("; see", "|see").split("; ")));
  }

  @Test
  void namesAllProblemsOfJsonAtOnce() {
    String json =
        "{\"backend\": 3, \"max_batch_size\": \"x\", \"nonsense\": 1, \"runtime\": \"r\"}";
    String refusal =
        assertThrows(
                ConfigException.class, () -> ConfigReader.parseJson("config", json, "m", false))
            .getMessage();
    assertEquals(
        List.of(
            "config: backend is '3', expected a string",
            "config: max_batch_size is 'x', expected a whole number of 32 bits",
            "config: field 'nonsense' is not honoured by this worker, which accepts the fields"
                + " listed in its README",
            "config: runtime is 'r', this worker accepts nothing"),
        List.of(refusal.split("; ")));
  }

  /** Written out, such a number has a thousand million digits. */
  @ParameterizedTest
  @ValueSource(strings = {"1e999999999", "1e-999999999", "1e2147483647", "-1e999999999", "1e400"})
  void aNumberOfAnyExponentIsRefusedAtOnce(String number) {
    for (String value : List.of(number, "\"" + number + "\"")) {
      String json = "{\"backend\": \"onnxruntime\", \"max_batch_size\": " + value + "}";
      if (value.startsWith("1e-")) {
        continue; // a double takes it for 0
      }
      String refusal =
          assertTimeoutPreemptively(
                  Duration.ofMinutes(1),
                  () ->
                      assertThrows(
                          ConfigException.class,
                          () -> ConfigReader.parseJson("config", json, "m", false)))
              .getMessage();
      assertTrue(refusal.contains("expected a whole number of 32 bits"), refusal);
    }
  }

  @Test
  void wholeNumbersMayHaveAnExponent() throws ConfigException {
    String json = "{\"backend\": \"onnxruntime\", \"max_batch_size\": 1.6e1}";
    assertEquals(16, ConfigReader.parseJson("config", json, "m", false).getMaxBatchSize());
  }

  /** A reason goes into logs, indexes and statuses, whatever the file holds. */
  @ParameterizedTest
  @ValueSource(
      strings = {"a{", "unknown: [", "name: \"", "\u001b[31m", "\ufeff", "f: 1\n", "\u0000"})
  void nonsenseOfAnyLengthIsRefusedInOneBoundedLine(String nonsense) {
    String refusal = refusal(nonsense.repeat(50_000));
    assertTrue(refusal.length() < 10_000, () -> refusal.length() + " characters");
    assertTrue(refusal.chars().allMatch(c -> c >= ' '), refusal);
    assertFalse(refusal.contains("\ufeff"), refusal);
  }

  @Test
  void manyProblemsAreCounted() {
    String many = "input { name: \"A\" data_type: TYPE_FP32 dims: 1 }\n".repeat(1 + 100);
    String refusal = refusal("backend: \"onnxruntime\"\n" + many);
    assertTrue(refusal.endsWith("; and " + (100 - ConfigReader.MAX_PROBLEMS) + " more"), refusal);
  }

  @Test
  void aFileIsNoLargerThanItsBound(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve(ConfigReader.FILE), "#".repeat(ConfigReader.MAX_BYTES + 1));
    String refusal =
        assertThrows(ConfigException.class, () -> ConfigReader.read(directory, false)).getMessage();
    assertTrue(refusal.endsWith("has 1048577 bytes, this worker accepts at most 1048576"), refusal);
  }

  /** What says how a model runs, and not what it answers, is for Triton. */
  @Test
  void passesOverWhatChangesNoAnswer() throws ConfigException {
    parse(
        """
        backend: "onnxruntime"
        input [ { name: "A" data_type: TYPE_FP32 dims: [ 3, 8, 8 ] format: FORMAT_NCHW } ]
        parameters { key: "intra_op_thread_count" value: { string_value: "4" } }
        parameters { key: "execution_mode" value: { string_value: "1" } }
        optimization {
          graph { level: 1 }
          cuda { graphs: true }
          execution_accelerators { gpu_execution_accelerator: [ { name: "tensorrt"
            parameters { key: "precision_mode" value: "FP16" } } ] }
        }
        """);
  }

  @Test
  void takesTheGpuForTheCpuWhereToldTo() throws ConfigException {
    String text =
        "backend: \"onnxruntime\" instance_group [ { count: 2 kind: KIND_GPU gpus: [ 0, 1 ] } ]";
    ModelConfig config = ConfigReader.parse(FILE, text, "m", true);
    assertEquals(2, config.getInstanceGroup(0).getCount());
  }

  @Test
  void defaultsMayBeWrittenOut() throws ConfigException {
    parse(
        """
        backend: "onnxruntime"
        runtime: ""
        model_transaction_policy { decoupled: false }
        response_cache { enable: false }
        instance_group { passive: false }
        """);
  }

  /** The answer of a real Triton 2.51.0 to {@code GET /v2/models/m/config}. */
  @Test
  void whatTritonSaysOfAModelLoads() throws Exception {
    String json;
    try (var in = getClass().getResourceAsStream("/configs/triton-config-call.json")) {
      json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    ModelConfig config = ConfigReader.parseJson("config", json, "m", false);
    assertEquals(16, config.getMaxBatchSize());
    assertEquals(List.of(4, 8, 16), config.getDynamicBatching().getPreferredBatchSizeList());
  }

  @Test
  void refusesAConfigurationWithoutBackend() {
    assertTrue(refusal("max_batch_size: 1").contains("backend is ''"));
  }

  @Test
  void refusesAScriptOfAnotherName() {
    assertTrue(
        refusal("backend: \"python\" default_model_filename: \"m.py\"").contains("model.py"));
  }

  @Test
  void namesTheLineThatCannotBeRead() {
    String refusal = refusal("backend: \"onnxruntime\"\nmax_batch_size: many");
    assertTrue(refusal.startsWith(FILE + ":2:"), refusal);
    assertTrue(refusal.contains("max_batch_size: many"), refusal);
  }
}
