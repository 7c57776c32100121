package io.trawl.app;

import io.trawl.app.triton.OutputType;
import io.trawl.app.triton.TritonBackend;
import io.trawl.app.triton.TritonOptions;
import io.trawl.app.triton.TritonRepository;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trawl space triton}: the backbone for a Triton of one's own. */
@Command(
    name = "triton",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the backbone of a space into a Triton model repository, beside other versions of it:"
          + " configuration with dynamic batching, instances and warm-up, and the model."
    })
final class SpaceTritonCommand implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "the space")
  private Path directory = Path.of("");

  @Option(
      names = "--repository",
      required = true,
      paramLabel = "DIR",
      description = "the model repository to write into; made where it is missing")
  private Path repository = Path.of("");

  @Option(
      names = "--backend",
      required = true,
      paramLabel = "NAME",
      description = {
        "python: ONNX Runtime inside of Triton's Python backend, on CPU or GPU;",
        "onnxruntime: Triton's own ONNX Runtime backend;",
        "tensorrt: with the script that builds the plan on its GPU"
      })
  private TritonBackend backend = TritonBackend.PYTHON;

  @Option(
      names = "--output",
      paramLabel = "TYPE",
      description = "what query vectors travel as: fp32 (default), fp16, bf16 (not onnxruntime)")
  private OutputType output = OutputType.FP32;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = "cpu or gpu; gpu if not given, but for the python backend")
  private @Nullable Kind kind;

  @Option(
      names = "--instances",
      defaultValue = "1",
      paramLabel = "COUNT",
      description = "copies of the model (per GPU), default ${DEFAULT-VALUE}")
  private int instances;

  /** Where instances run. */
  enum Kind {
    CPU,
    GPU
  }

  @Override
  public Integer call() {
    try (var space = Space.open(directory, Verification.SIZES)) {
      var gpu = kind == null ? backend != TritonBackend.PYTHON : kind == Kind.GPU;
      var options = new TritonOptions(backend, output, gpu, instances);
      TritonRepository.write(space, options, repository)
          .forEach(file -> System.out.println("wrote   " + file));
      System.out.println(
          backend == TritonBackend.TENSORRT
              ? "next    run build-plan.sh on the GPU that will serve it"
              : "next    tritonserver --model-repository=" + repository);
      return 0;
    } catch (IllegalArgumentException wrong) {
      throw new CannotStart(wrong);
    }
  }
}
