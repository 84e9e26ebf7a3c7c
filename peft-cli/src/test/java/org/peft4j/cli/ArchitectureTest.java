package org.peft4j.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.stream.Stream;
import org.peft4j.PeftModel;

/** Which way dependencies point, and what no production class does. */
@AnalyzeClasses(
    packages = "org.peft4j",
    importOptions = {ImportOption.DoNotIncludeTests.class, WithoutTestJars.class})
class ArchitectureTest {
  private static final String[] METHODS = {
    "org.peft4j.lora..", "org.peft4j.ia3..", "org.peft4j.prompt..", "org.peft4j.bottleneck.."
  };
  private static final String VISION = "org.peft4j.vision..";
  private static final String TRANSFORMERS = "org.peft4j.transformers..";
  private static final String CHAT = "org.peft4j.chat..";
  private static final String TRAIN = "org.peft4j.train..";
  private static final String DIFFUSION = "org.peft4j.diffusion..";
  private static final String SPARK = "org.peft4j.spark..";
  private static final String CLI = "org.peft4j.cli..";

  private static String[] with(String... packages) {
    return Stream.concat(Stream.of(METHODS), Stream.of(packages)).toArray(String[]::new);
  }

  private static final DescribedPredicate<JavaClass> CORE =
      resideInAPackage("org.peft4j..")
          .and(not(resideInAnyPackage(METHODS)))
          .and(not(resideInAnyPackage(VISION, TRANSFORMERS, CHAT, TRAIN, DIFFUSION, SPARK, CLI)))
          .as("classes of peft-core");

  private static final DescribedPredicate<JavaClass> LIBRARY =
      resideInAPackage("org.peft4j..").and(not(resideInAPackage(CLI))).as("library classes");

  @ArchTest
  static final ArchRule CORE_KNOWS_NO_OTHER_MODULE =
      noClasses()
          .that(CORE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(with(VISION, TRANSFORMERS, CHAT, TRAIN, DIFFUSION, SPARK, CLI));

  @ArchTest
  static final ArchRule A_METHOD_KNOWS_CORE_ONLY =
      noClasses()
          .that()
          .resideInAnyPackage(METHODS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(VISION, TRANSFORMERS, CHAT, TRAIN, DIFFUSION, SPARK, CLI);

  /** LoRA is the start of its whole family; the other modules stand alone. */
  @ArchTest
  static final ArchRule A_METHOD_KNOWS_NO_OTHER =
      slices()
          .matching("org.peft4j.(lora|ia3|prompt|bottleneck)..")
          .should()
          .notDependOnEachOther();

  @ArchTest
  static final ArchRule NO_PACKAGES_DEPEND_ON_EACH_OTHER_IN_A_CIRCLE =
      slices().assignedFrom(eachPackage()).should().beFreeOfCycles();

  private static SliceAssignment eachPackage() {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass type) {
        return type.getPackageName().startsWith("org.peft4j")
            ? SliceIdentifier.of(type.getPackageName())
            : SliceIdentifier.ignore();
      }

      @Override
      public String getDescription() {
        return "every package";
      }
    };
  }

  @ArchTest
  static final ArchRule TRANSFORMERS_KNOW_CORE_ONLY =
      noClasses()
          .that()
          .resideInAPackage(TRANSFORMERS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(with(CHAT, TRAIN, DIFFUSION, SPARK, CLI));

  @ArchTest
  static final ArchRule PICTURES_KNOW_CORE_ONLY =
      noClasses()
          .that()
          .resideInAPackage(VISION)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(with(TRANSFORMERS, CHAT, TRAIN, DIFFUSION, SPARK, CLI));

  @ArchTest
  static final ArchRule CHAT_KNOWS_CORE_ONLY =
      noClasses()
          .that()
          .resideInAPackage(CHAT)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(with(VISION, TRANSFORMERS, TRAIN, DIFFUSION, SPARK, CLI));

  /** Templates are untrusted: what runs them must have no way to a class or a file. */
  @ArchTest
  static final ArchRule TEMPLATES_REACH_NO_CLASS_OR_FILE =
      noClasses()
          .that()
          .resideInAPackage("org.peft4j.chat.internal..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.lang.reflect..", "java.io..", "java.nio..", "java.net..")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.lang.ClassLoader");

  @ArchTest
  static final ArchRule TRAINING_KNOWS_TRANSFORMERS_AND_CORE_ONLY =
      noClasses()
          .that()
          .resideInAPackage(TRAIN)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(with(DIFFUSION, SPARK, CLI));

  @ArchTest
  static final ArchRule DIFFUSION_KNOWS_TRAINING_AND_BELOW =
      noClasses()
          .that()
          .resideInAPackage(DIFFUSION)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(with(SPARK, CLI));

  @ArchTest
  static final ArchRule SPARK_KNOWS_TRAINING_AND_BELOW =
      noClasses()
          .that()
          .resideInAPackage(SPARK)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(with(DIFFUSION, CLI));

  /** The rest must run where Spark is not. */
  @ArchTest
  static final ArchRule SPARK_ITSELF_IS_USED_IN_TWO_PLACES =
      noClasses()
          .that(
              resideInAPackage("org.peft4j..")
                  .and(not(resideInAPackage(SPARK)))
                  .and(not(simpleName("SparkTraining"))))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark..", "scala..");

  /** But for what is recommended and for LoftQ, which both are of LoRA. */
  @ArchTest
  static final ArchRule THE_COMMAND_LINE_FINDS_METHODS_AS_SERVICES =
      noClasses()
          .that()
          .resideInAPackage(CLI)
          .and()
          .doNotHaveSimpleName("Recommendation")
          .and()
          .haveSimpleNameNotStartingWith("Loftq")
          .and()
          .doNotHaveSimpleName("QuantizeCommand")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(METHODS);

  @ArchTest
  static final ArchRule SAFETENSORS_STAND_ALONE =
      classes()
          .that()
          .resideInAPackage("org.peft4j.safetensors..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                      "java..",
                      "com.fasterxml.jackson..",
                      "org.jspecify..",
                      "org.peft4j.safetensors..",
                      "org.peft4j.internal")
                  .or(
                      DescribedPredicate.describe(
                          "PeftException",
                          type -> type.getName().equals("org.peft4j.error.PeftException"))));

  /** But for {@link PeftModel#printTrainableParameters()}, which is asked to. */
  @ArchTest
  static final ArchRule LIBRARIES_PRINT_NOTHING =
      noClasses()
          .that(LIBRARY)
          .and()
          .doNotBelongToAnyOf(PeftModel.class)
          .should(ACCESS_STANDARD_STREAMS)
          .orShould()
          .callMethod(Throwable.class, "printStackTrace");

  @ArchTest
  static final ArchRule NOTHING_IS_DESERIALIZED_BY_JAVA =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInputStream");

  @ArchTest
  static final ArchRule NO_CLASS_IS_NAMED_BY_DATA =
      noClasses()
          .should()
          .callMethod(Class.class, "forName", String.class)
          .orShould()
          .callMethod(Class.class, "forName", String.class, boolean.class, ClassLoader.class)
          .orShould()
          .callMethod(ClassLoader.class, "loadClass", String.class);

  /** But for oneDNN's lanes: its kernels run on ND4J's CPU backend alone, which sets OpenMP. */
  @ArchTest
  static final ArchRule LIBRARIES_NAME_NO_BACKEND =
      noClasses()
          .that(LIBRARY)
          .and()
          .doNotHaveFullyQualifiedName("org.peft4j.onednn.internal.Lanes")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.nd4j.linalg.cpu..", "org.nd4j.nativeblas..", "org.nd4j.linalg.jcublas..");
}
