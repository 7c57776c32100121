package io.trawl.retrieval;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/** The score kernels, and the choice among them. */
public final class Kernels {

  private static final String VECTOR_MODULE = "jdk.incubator.vector";
  private static final int FEWEST_LANES = 4;

  private Kernels() {}

  /** The reference in plain Java: right everywhere, fast nowhere. */
  public static ScoreKernel plain() {
    return new PlainKernel();
  }

  /**
   * Scores by cosine: another kernel's score over the length of the item's vector. The query
   * vectors are the caller's to bring to length one. Remembers a length for each item: make one for
   * each space.
   */
  public static ScoreKernel cosine(ScoreKernel products, ItemVectors items) {
    return new CosineKernel(products, items);
  }

  /** The same for rows that come and go: remembers no lengths. */
  public static ScoreKernel cosine(ScoreKernel products) {
    return new ScoreKernel() {
      @Override
      public String name() {
        return products.name() + "-cosine";
      }

      @Override
      public Scorer scorer(ItemVectors items, QueryVectors queries) {
        return new CosineKernel(products, items).scorer(items, queries);
      }
    };
  }

  /**
   * The fastest kernel of this JVM, found by a probe of what it offers, not of time. For the start
   * of a process; the reason belongs in its log.
   */
  public static KernelChoice choose() {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
      return new KernelChoice(
          plain(), "module " + VECTOR_MODULE + " is absent; start with --add-modules to have it");
    }
    if (!fusedMultiplyAdd()) {
      return new KernelChoice(plain(), "the JVM emits no fused multiply-add on this processor");
    }
    var lanes = VectorKernel.lanes();
    if (lanes < FEWEST_LANES) {
      return new KernelChoice(
          plain(), "vectors have " + lanes + " lanes; expected at least " + FEWEST_LANES);
    }
    return new KernelChoice(
        new VectorKernel(), "module " + VECTOR_MODULE + " with " + lanes + " lanes of float32");
  }

  /** Without the instruction every fused multiply-add goes through BigDecimal. */
  private static boolean fusedMultiplyAdd() {
    var diagnostics = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return diagnostics != null
        && Boolean.parseBoolean(diagnostics.getVMOption("UseFMA").getValue());
  }

  static void check(ItemVectors items, QueryVectors queries) {
    check(items.width(), queries);
  }

  static void check(int width, QueryVectors queries) {
    if (queries.count() < 1) {
      throw new IllegalArgumentException("there are no query vectors; expected at least 1");
    }
    if (queries.width() != width) {
      throw new IllegalArgumentException(
          "query vectors have width %d; expected %d as the item vectors"
              .formatted(queries.width(), width));
    }
  }
}
