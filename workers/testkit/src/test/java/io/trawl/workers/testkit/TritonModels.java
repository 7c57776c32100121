package io.trawl.workers.testkit;

import io.trawl.workers.testkit.contract.OipSubject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The models of {@link OipSubject} for Triton's Python backend, written into a folder. */
public final class TritonModels {

  private final Path root;

  public TritonModels(Path root) {
    this.root = root;
  }

  /** {@code OUT} is {@code IN}, whatever its type; at most 8 rows. */
  public TritonModels identity(String name, String datatype) throws IOException {
    // BF16 exists outside numpy only.
    String out =
        datatype.equals("BF16")
            ? "pb_utils.Tensor.from_dlpack('OUT', given.to_dlpack())"
            : "pb_utils.Tensor('OUT', given.as_numpy())";
    return write(
        name,
        tensor("input", "IN", datatype, -1) + tensor("output", "OUT", datatype, -1),
        8,
        """
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                answers = []
                for request in requests:
                    given = pb_utils.get_input_tensor_by_name(request, 'IN')
                    answers.append(pb_utils.InferenceResponse([%s]))
                return answers
        """
            .formatted(out));
  }

  /** Sum and difference of two rows of four. */
  public TritonModels add(String name) throws IOException {
    return write(
        name,
        tensor("input", "A", "FP32", 4)
            + tensor("input", "B", "FP32", 4)
            + tensor("output", "SUM", "FP32", 4)
            + tensor("output", "DIFFERENCE", "FP32", 4),
        4,
        """
        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def execute(self, requests):
                answers = []
                for request in requests:
                    a, b = (
                        pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in 'AB'
                    )
                    results = {'SUM': a + b, 'DIFFERENCE': a - b}
                    answers.append(
                        pb_utils.InferenceResponse(
                            [
                                pb_utils.Tensor(name, results[name])
                                for name in results
                                if name in request.requested_output_names()
                            ]
                        )
                    )
                return answers
        """);
  }

  /** An identity that tells a port how many rows each run has, and waits for a line from there. */
  public TritonModels gated(String name, int port) throws IOException {
    return write(
        name,
        tensor("input", "IN", "FP32", -1)
            + tensor("output", "OUT", "FP32", -1)
            + """
            dynamic_batching {
              default_queue_policy {
                max_queue_size: 4
                default_timeout_microseconds: 3600000000
                allow_timeout_override: true
              }
            }
            """,
        4,
        """
        import socket

        import triton_python_backend_utils as pb_utils

        class TritonPythonModel:
            def initialize(self, args):
                self.gate = socket.create_connection(('127.0.0.1', %d)).makefile('rwb', buffering=0)

            def execute(self, requests):
                given = [
                    pb_utils.get_input_tensor_by_name(request, 'IN').as_numpy()
                    for request in requests
                ]
                self.gate.write(b'%%d\\n' %% sum(len(rows) for rows in given))
                self.gate.readline()
                return [
                    pb_utils.InferenceResponse([pb_utils.Tensor('OUT', rows)]) for rows in given
                ]

            def finalize(self):
                self.gate.close()
        """
            .formatted(port));
  }

  private TritonModels write(String name, String config, int maxBatch, String script)
      throws IOException {
    Path model = root.resolve(name);
    Files.createDirectories(model.resolve("1"));
    Files.writeString(
        model.resolve("config.pbtxt"),
        "backend: \"python\"\nmax_batch_size: "
            + maxBatch
            + "\ninstance_group { kind: KIND_CPU count: 1 }\n"
            + config);
    Files.writeString(model.resolve("1/model.py"), script);
    return this;
  }

  private static String tensor(String kind, String name, String datatype, int dimension) {
    String type = datatype.equals("BYTES") ? "STRING" : datatype;
    return "%s { name: \"%s\" data_type: TYPE_%s dims: [ %d ] }\n"
        .formatted(kind, name, type, dimension);
  }
}
