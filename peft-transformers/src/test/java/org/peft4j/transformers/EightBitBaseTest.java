package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.Int8Weight;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;

/**
 * A base whose linear maps are held in a way that the library does not know: nothing but {@link
 * Int8Weight} says how. What it must do is what a base of the dequantised values does.
 */
class EightBitBaseTest {
  private static final INDArray IDS = Nd4j.createFromArray(new int[][] {{3, 1, 4, 1, 5, 9, 2, 6}});
  private static final double STEP = 1e-5;

  /**
   * A model in DOUBLE whose weights of {@code kind} are turned into others; a table that a head
   * shares is turned with it.
   */
  private static CausalLanguageModel load(
      String base, SiteKind kind, UnaryOperator<FrozenWeight> turn) {
    Path folder = Golden.base(base);
    TransformerOptions options =
        TransformerOptions.defaults().withDataType(DataType.DOUBLE).withUpdater(new Adam(1e-2));
    FrozenModel model = new ModelLoader(folder, Families.read(folder), options).load();
    Map<FrozenWeight, FrozenWeight> turned = new IdentityHashMap<>();
    for (Site site : model.architecture().sites()) {
      if (site.kind() == kind) {
        turned.computeIfAbsent(model.weights().get(site.name() + ".weight"), turn);
      }
    }
    for (Site site : model.architecture().sites()) {
      for (SiteParameter parameter : site.parameters()) {
        String key = site.name() + "." + parameter.name();
        FrozenWeight own = model.weights().get(key);
        model.weights().add(key, turned.getOrDefault(own, own));
      }
    }
    return new CausalLanguageModel(folder, model, options);
  }

  private static CausalLanguageModel eightBits(String base) {
    return load(base, SiteKind.LINEAR, Int8Weight::of);
  }

  private static CausalLanguageModel dequantised(String base) {
    return load(
        base,
        SiteKind.LINEAR,
        weight -> {
          FrozenWeight eight = Int8Weight.of(weight);
          INDArray values = Nd4j.create(DataType.DOUBLE, eight.storedShape());
          eight.read(values);
          return DenseWeight.of(values, eight.view());
        });
  }

  private static LoraConfig lora(String... targets) {
    return LoraConfig.builder().rank(2).alpha(4).targetModules(targets).build();
  }

  private static PeftModel<ComputationGraph> trained(
      CausalLanguageModel base, PeftConfig config, int steps) {
    PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config);
    for (int step = 0; step < steps; step++) {
      model.network().fit(data());
    }
    return model;
  }

  private static MultiDataSet data() {
    return new MultiDataSet(new INDArray[] {IDS}, new INDArray[] {IDS});
  }

  private static INDArray gradient(ComputationGraph network) {
    network.setInputs(IDS);
    network.setLabels(IDS);
    network.computeGradientAndScore();
    return network.getFlattenedGradients().dup();
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2"})
  void itComputesWhatItsDequantisedValuesDo(String base) {
    try (CausalLanguageModel eight = eightBits(base);
        CausalLanguageModel wide = dequantised(base)) {
      INDArray expected = wide.graph().output(IDS)[0];
      assertThat(distance(eight.graph().output(IDS)[0], expected)).isLessThan(1e-12);
    }
    try (CausalLanguageModel eight = eightBits(base);
        CausalLanguageModel full = load(base, SiteKind.LINEAR, weight -> weight)) {
      assertThat(distance(eight.graph().output(IDS)[0], full.graph().output(IDS)[0]))
          .isGreaterThan(1e-6);
      assertThat(Peft.plan(eight.graph(), lora("all-linear")).memory().weights())
          .isLessThan(Peft.plan(full.graph(), lora("all-linear")).memory().weights() / 2);
    }
  }

  @ParameterizedTest
  @CsvSource({"llama, q_proj, down_proj", "gpt2, c_attn, c_proj"})
  void loraTrainsOnIt(String base, String first, String second) {
    LoraConfig config = lora(first, second);
    try (CausalLanguageModel eight = eightBits(base);
        CausalLanguageModel wide = dequantised(base);
        PeftModel<ComputationGraph> onEight = trained(eight, config, 1);
        PeftModel<ComputationGraph> onWide = trained(wide, config, 1)) {
      ComputationGraph network = onEight.network();
      onWide.network().params().assign(network.params());
      INDArray gradient = gradient(network);
      assertThat(distance(gradient, gradient(onWide.network()))).isLessThan(1e-12);

      INDArray parameters = network.params();
      for (long i = 0; i < parameters.length(); i += 1 + parameters.length() / 50) {
        double value = parameters.getDouble(i);
        parameters.putScalar(i, value + STEP);
        double up = network.score(data());
        parameters.putScalar(i, value - STEP);
        double down = network.score(data());
        parameters.putScalar(i, value);
        assertThat(gradient.getDouble(i))
            .as("parameter %d", i)
            .isCloseTo((up - down) / (2 * STEP), within(1e-8));
      }

      double before = network.score(data());
      for (int step = 0; step < 10; step++) {
        network.fit(data());
      }
      assertThat(network.score(data())).isLessThan(before);
    }
  }

  @ParameterizedTest
  @CsvSource({"llama, q_proj", "gpt2, c_attn"})
  void itIsMergedByAWidenedCopyAndUndoneBitForBit(String base, String target) {
    try (CausalLanguageModel eight = eightBits(base);
        PeftModel<ComputationGraph> model = trained(eight, lora(target), 5)) {
      INDArray adapted = model.network().output(IDS)[0].dup();
      INDArray frozen = eight.graph().output(IDS)[0].dup();
      try (AdapterScope merged = model.merged()) {
        assertThat(distance(eight.graph().output(IDS)[0], adapted)).isLessThan(1e-12);
        try (AdapterScope off = model.adaptersDisabled()) {
          assertThat(eight.graph().output(IDS)[0]).isEqualTo(frozen);
        }
        assertThat(distance(model.network().output(IDS)[0], adapted)).isLessThan(1e-12);
      }
      assertThat(eight.graph().output(IDS)[0]).isEqualTo(frozen);
      assertThat(model.network().output(IDS)[0]).isEqualTo(adapted);
    }
  }

  @Test
  void doraAndPissaWidenIt() {
    for (LoraConfig config :
        new LoraConfig[] {
          LoraConfig.builder().rank(2).targetModules("q_proj").dora(true).build(),
          LoraConfig.builder().rank(2).targetModules("q_proj").init(LoraInit.PISSA).build()
        }) {
      try (CausalLanguageModel eight = eightBits("llama");
          CausalLanguageModel wide = dequantised("llama");
          PeftModel<ComputationGraph> onEight = trained(eight, config, 3);
          PeftModel<ComputationGraph> onWide = trained(wide, config, 3)) {
        assertThat(distance(onEight.network().params(), onWide.network().params()))
            .isLessThan(1e-9);
      }
    }
  }

  @Test
  void aCheckpointOfItHasItsDequantisedValues(@TempDir Path folder) {
    try (CausalLanguageModel eight = eightBits("gpt2");
        PeftModel<ComputationGraph> model = trained(eight, lora("c_attn"), 3)) {
      INDArray adapted = model.network().output(IDS)[0];
      CheckpointWriter.of(eight).merging(model).write(folder.resolve("merged"));
      try (CausalLanguageModel merged = Transformers.load(folder.resolve("merged"))) {
        assertThat(distance(merged.graph().output(IDS)[0], adapted)).isLessThan(1e-5);
      }
    }
  }

  @Test
  void mergingIntoAWeightThatCannotBeReplacedChangesNothing() {
    try (CausalLanguageModel eight =
            load(
                "llama",
                SiteKind.LINEAR,
                weight ->
                    weight.shape()[0] == weight.shape()[1]
                        ? Int8Weight.of(weight)
                        : Int8Weight.readOnly(weight));
        PeftModel<ComputationGraph> model = trained(eight, lora("q_proj", "down_proj"), 3)) {
      INDArray frozen = eight.graph().output(IDS)[0].dup();
      assertThatThrownBy(model::merged)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("model.layers.0.mlp.down_proj.weight, which is held in INT8")
          .hasMessageContaining("Nothing was changed. Leave the adapter active");
      assertThat(eight.graph().output(IDS)[0]).isEqualTo(frozen);
    }
  }

  @Test
  void aNormalisationThatNeedsAnArrayRefusesIt() {
    try (CausalLanguageModel eight = load("llama", SiteKind.NORM, EightBitBaseTest::asRow)) {
      assertThatThrownBy(() -> eight.graph().output(IDS))
          .isInstanceOf(PeftException.class)
          .hasMessage(
              "model.layers.0.input_layernorm.weight is held in INT8, but is needed as an array."
                  + " Hold vectors in FP32, and matrices only in INT8.");
    }
  }

  private static FrozenWeight asRow(FrozenWeight vector) {
    INDArray row = vector.widened(DataType.DOUBLE).reshape(1, vector.count());
    return Int8Weight.of(DenseWeight.of(row));
  }

  private static double distance(INDArray actual, INDArray expected) {
    return actual
        .castTo(DataType.DOUBLE)
        .sub(expected.castTo(DataType.DOUBLE))
        .amaxNumber()
        .doubleValue();
  }
}
