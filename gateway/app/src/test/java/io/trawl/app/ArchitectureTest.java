package io.trawl.app;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The map in ARCHITECTURE.md is worth nothing if the code strays from it. Every arrow between
 * modules, and who may import which vendor, stands here; everything else is forbidden.
 */
class ArchitectureTest {

  /** Module to the modules it may know, beside itself. What those know comes with them. */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          Map.entry("domain", Set.of()),
          Map.entry("retrieval", Set.of("domain")),
          Map.entry("space", Set.of("retrieval")),
          Map.entry("serve", Set.of("retrieval", "space")),
          Map.entry("lexical", Set.of("serve")),
          Map.entry("encode", Set.of("serve", "workers.fleet")),
          Map.entry("api", Set.of("serve", "workers.guard", "workers.tensors", "workers.wire")),
          Map.entry("workers.process", Set.of()),
          Map.entry("workers.protocol", Set.of()),
          Map.entry("workers.wire", Set.of("workers.protocol")),
          Map.entry("workers.tensors", Set.of("workers.protocol")),
          Map.entry("workers.guard", Set.of()),
          Map.entry("workers.client", Set.of("workers.tensors", "workers.wire", "workers.guard")),
          Map.entry("workers.kubernetes", Set.of("workers.fleet")),
          Map.entry("workers.fleet", Set.of("workers.client", "workers.guard")),
          Map.entry("milvus.neighbours", Set.of("serve", "workers.guard")),
          Map.entry("milvus.admin", Set.of("milvus.neighbours", "space")),
          Map.entry(
              "workers.server", Set.of("workers.process", "workers.tensors", "workers.wire")));

  /** Vendor packages to the one module that imports them, beside {@code app} for wiring. */
  private static final Map<String, String> VENDORS =
      Map.ofEntries(
          Map.entry("ai.onnxruntime..", "workers.server"),
          Map.entry("ai.djl..", "encode"),
          Map.entry("org.apache.lucene..", "lexical"),
          Map.entry("ch.qos.logback..", "workers.process"),
          Map.entry("io.milvus..", "milvus.neighbours"),
          Map.entry("io.fabric8..", "workers.kubernetes"),
          Map.entry("io.github.resilience4j..", "workers.guard"),
          Map.entry("com.github.benmanes.caffeine..", "serve"),
          Map.entry("com.netflix..", "workers.guard"),
          Map.entry("jdk.incubator.vector..", "retrieval"),
          Map.entry("picocli..", "bench"), // and app, which may import every vendor
          Map.entry("org.yaml.snakeyaml..", "app"));

  private static JavaClasses code;

  @BeforeAll
  static void read() {
    code =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // Which knows Maven's own folder of test classes only.
            .withImportOption(
                from -> !from.contains("/test-classes/") && !from.contains("-tests.jar"))
            .importPackages("io.trawl");
  }

  @Test
  void everyModuleIsOnTheMap() {
    for (var module : ARROWS.keySet()) {
      assertTrue(
          code.stream().anyMatch(type -> type.getPackageName().equals("io.trawl." + module)),
          () -> "no class of " + module + " was read");
    }
  }

  @TestFactory
  Stream<DynamicTest> modulesKnowOnlyWhatTheirArrowsReach() {
    return ARROWS.keySet().stream()
        .map(
            module ->
                DynamicTest.dynamicTest(
                    module,
                    () -> {
                      var reach = reach(module);
                      noClasses()
                          .that()
                          .resideInAPackage(packages(module))
                          .should()
                          .dependOnClassesThat()
                          .resideInAnyPackage(
                              Stream.concat(
                                      ARROWS.keySet().stream(), Stream.of("client", "app", "bench"))
                                  .filter(other -> !reach.contains(other))
                                  .map(ArchitectureTest::packages)
                                  .toArray(String[]::new))
                          .check(code);
                    }));
  }

  private static Set<String> reach(String module) {
    var reach = new TreeSet<>(Set.of(module));
    for (var next : ARROWS.getOrDefault(module, Set.of())) {
      reach.addAll(reach(next));
    }
    return reach;
  }

  private static String packages(String module) {
    return "io.trawl." + module + "..";
  }

  @TestFactory
  Stream<DynamicTest> eachVendorHasOneImporter() {
    return VENDORS.entrySet().stream()
        .map(
            vendor ->
                DynamicTest.dynamicTest(
                    vendor.getKey(),
                    () ->
                        noClasses()
                            .that()
                            .resideOutsideOfPackages(packages(vendor.getValue()), packages("app"))
                            .should()
                            .dependOnClassesThat()
                            .resideInAPackage(vendor.getKey())
                            .check(code)));
  }

  @Test
  void domainAndRetrievalKnowTheJdkOnly() {
    classes()
        .that()
        .resideInAnyPackage("io.trawl.domain..", "io.trawl.retrieval..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.trawl.domain..",
            "io.trawl.retrieval..",
            "java..",
            "jdk.incubator.vector..",
            "com.sun.management..",
            "org.jspecify.annotations..",
            "com.google.errorprone.annotations..")
        .check(code);
  }

  /** Who calls a gateway needs none of it. */
  @Test
  void theClientKnowsTheMessagesAlone() {
    noClasses()
        .that()
        .resideInAPackage("io.trawl.client..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.trawl..")
                .and(
                    not(
                        resideInAnyPackage(
                            "io.trawl.client..",
                            "io.trawl.api.v1..",
                            "io.trawl.api.rpc..",
                            "io.trawl.workers.wire.."))))
        .check(code);
  }

  @Test
  void theNodeKnowsNothingOfTheCommandLine() {
    noClasses()
        .that()
        .resideInAnyPackage("io.trawl.app.node..", "io.trawl.app.config..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.trawl.app..")
                .and(not(resideInAnyPackage("io.trawl.app.node..", "io.trawl.app.config.."))))
        .check(code);
  }

  @Test
  void protobufStaysAtTheEdges() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.trawl.workers..", "io.trawl.api..", "io.trawl.client..", "io.trawl.app..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.google.protobuf..")
        .check(code);
  }

  @Test
  void noPackagesFormACycle() {
    slices().matching("io.trawl.(**)").should().beFreeOfCycles().check(code);
  }

  @Test
  void theEventLoopIsNotPutToSleep() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.trawl.serve..",
            "io.trawl.encode..",
            "io.trawl.api..",
            "io.trawl.client..",
            "io.trawl.workers.client..")
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(io.vertx.core.Future.class, "await")
        .check(code);
  }
}
