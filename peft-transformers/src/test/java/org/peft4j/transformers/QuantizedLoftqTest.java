package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.loftq.LoftqAlternation;
import org.peft4j.lora.loftq.LoftqInitialiser;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.start.OriginalWeights;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.checkpoint.OriginalCheckpoint;
import org.peft4j.transformers.checkpoint.RandomCheckpoint;
import org.peft4j.transformers.plan.TrainingBatch;

/**
 * LoftQ beside weights in fewer bits: the values of Hugging Face PEFT's {@code
 * replace_lora_weights_loftq} and of its alternation ({@code reference/loftq.py}).
 */
class QuantizedLoftqTest {
  private static final Path EXPECTED =
      Path.of("src/test/resources/golden/quantized_loftq/expected.safetensors");
  private static final Path NF4 = Path.of("src/test/resources/golden/quantized_files/nf4");
  private static final INDArray IDS = Golden.integers(EXPECTED, "input_ids");

  private static LoraConfig config(double alpha) {
    return LoraConfig.builder().rank(4).alpha(alpha).targetModules("all-linear").build();
  }

  private static void start(PeftModel<?> model, TransformerModel base, Path original) {
    try (OriginalWeights weights = OriginalCheckpoint.open(original, base)) {
      assertThat(new LoftqInitialiser(model, Peft.DEFAULT_ADAPTER).apply(weights))
          .isEqualTo(model.adaptedSites().size());
    }
  }

  private static INDArray logits(ComputationGraph graph) {
    return graph.output(false, IDS)[0].dup();
  }

  private static double distance(INDArray one, INDArray other) {
    return one.sub(other).norm2Number().doubleValue();
  }

  private static void assertNear(INDArray actual, INDArray expected) {
    assertThat(actual.sub(expected).amaxNumber().doubleValue())
        .isLessThan(2e-5 * expected.amaxNumber().doubleValue());
  }

  private static void assertReference(String name, PeftModel<ComputationGraph> model) {
    assertNear(logits(model.network()), Golden.floats(EXPECTED, name + ".logits"));
    Map<String, INDArray> tensors = model.adapter(Peft.DEFAULT_ADAPTER).tensors();
    double scale = ((LoraConfig) model.config(Peft.DEFAULT_ADAPTER)).ranks().alpha() / 4;
    model
        .adaptedSites()
        .forEach(
            site -> {
              String key = "base_model.model." + site.name() + ".lora_";
              INDArray b = Objects.requireNonNull(tensors.get(key + "B.weight"));
              INDArray a = Objects.requireNonNull(tensors.get(key + "A.weight"));
              INDArray product = b.mmul(a).mul(scale);
              assertNear(product, Golden.floats(EXPECTED, name + "." + site.name()));
            });
    INDArray original = Golden.floats(EXPECTED, "original");
    assertThat(distance(logits(model.network()), original))
        .isLessThan(0.9 * distance(Golden.floats(EXPECTED, "nf4"), original));
  }

  /** PEFT leaves out the scale; the product is the same with any here. */
  @ParameterizedTest
  @CsvSource({"4", "14"})
  void itGivesPythonsValuesOnACheckpointInNf4(double alpha) {
    try (CausalLanguageModel base = Transformers.load(NF4);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config(alpha))) {
      start(model, base, Golden.base("llama"));

      assertReference("replaced", model);
    }
  }

  private static TransformerOptions alternating(
      Path folder, Quantization quantization, LoraConfig config) {
    return TransformerOptions.defaults()
        .withQuantization(quantization)
        .withBeforeQuantization(
            new LoftqAlternation(
                config,
                Transformers.plan(folder, config, new TrainingBatch(1, 1)).adapter(),
                quantization));
  }

  @Test
  void codesAndAdapterOfTheAlternationAreWrittenAndReadAgain(@TempDir Path folder) {
    LoraConfig config = config(4).toBuilder().loftq(new LoftQ(4, 5)).build();
    Path original = Golden.base("llama");
    INDArray first;
    try (CausalLanguageModel base =
            Transformers.load(original, alternating(original, Quantization.nf4(), config));
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config)) {
      start(model, base, original);
      assertReference("alternated", model);
      CheckpointWriter.of(base).write(folder.resolve("base"));
      model.save(folder.resolve("adapter"));
      first = logits(model.network());
    }
    try (CausalLanguageModel base = Transformers.load(folder.resolve("base"));
        PeftModel<ComputationGraph> model = Peft.load(base.graph(), folder.resolve("adapter"))) {
      assertThat(logits(model.network())).isEqualTo(first);
    }
  }

  static Stream<Quantization> formats() {
    return Stream.of(
        Quantization.nf4().withDoubleQuantization(true),
        Quantization.fp4(),
        Quantization.int8(),
        GroupQuantization.ofBits(4).withGroupSize(32));
  }

  /** GPT-2's weights are stored transposed. */
  @ParameterizedTest
  @MethodSource("formats")
  void everyFormatBeginsNearerToItsOriginal(Quantization quantization) {
    for (String name : new String[] {"llama", "gpt2"}) {
      Path original = Golden.base(name);
      LoraConfig more = config(4).toBuilder().loftq(new LoftQ(4, 4)).build();
      INDArray exact;
      try (CausalLanguageModel base = Transformers.load(original)) {
        exact = logits(base.graph());
      }
      TransformerOptions once = TransformerOptions.defaults().withQuantization(quantization);
      TransformerOptions often = alternating(original, quantization, more);
      for (TransformerOptions options : new TransformerOptions[] {once, often}) {
        try (CausalLanguageModel base = Transformers.load(original, options);
            PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config(4))) {
          INDArray quantised = logits(base.graph());
          start(model, base, original);
          assertThat(distance(logits(model.network()), exact))
              .as(name)
              .isLessThan(0.95 * distance(quantised, exact));
        }
      }
    }
  }

  @Test
  void aModuleThatIsNotToKeepItsValuesHasThoseOfBefore() {
    try (CausalLanguageModel base = Transformers.load(NF4);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config(4));
        OriginalWeights weights = OriginalCheckpoint.open(Golden.base("llama"), base)) {
      INDArray before = logits(model.network());
      LoftqInitialiser loftq = new LoftqInitialiser(model, Peft.DEFAULT_ADAPTER);

      int kept =
          loftq.apply(
              weights,
              site -> {
                assertThat(logits(model.network())).isNotEqualTo(before);
                return false;
              });

      assertThat(kept).isZero();
      assertThat(logits(model.network())).isEqualTo(before);
      assertThat(loftq.apply(weights, site -> site.name().endsWith("q_proj"))).isEqualTo(2);
    }
  }

  @Test
  void otherOriginalsAreRefused(@TempDir Path folder) {
    RandomCheckpoint.init(Golden.base("llama").resolve("config.json"), folder, 1);
    try (CausalLanguageModel base = Transformers.load(NF4);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config(4))) {
      assertThatThrownBy(() -> start(model, base, folder))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("in NF4 is")
          .hasMessageContaining("another model's");
      assertThatThrownBy(() -> start(model, base, Golden.base("gpt2")))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("has no tensor model.layers.0");
      assertThatThrownBy(() -> start(model, base, NF4))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("holds its weights in fewer bits");
    }
  }

  @Test
  void otherAdaptersAreRefused() {
    LoraConfig dora = config(4).toBuilder().dora(true).build();
    LoraConfig wide = config(4).toBuilder().rank(64).build();
    try (CausalLanguageModel base = Transformers.load(NF4);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), dora)) {
      model.addAdapter("wide", wide);
      assertThatThrownBy(() -> new LoftqInitialiser(model, Peft.DEFAULT_ADAPTER))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("has another variant. Leave out use_dora");
      assertThatThrownBy(() -> new LoftqInitialiser(model, "wide"))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("LoftQ needs a rank of at most");
    }
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config(4))) {
      assertThatThrownBy(() -> new LoftqInitialiser(model, Peft.DEFAULT_ADAPTER))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("No weight beside adapter \"default\" is quantised");
    }
  }
}
