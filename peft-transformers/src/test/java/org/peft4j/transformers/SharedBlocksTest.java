package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoraConfig;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.site.Site;
import org.peft4j.testing.Slopes;

/**
 * ALBERT: one block, and one adapter on it, at three depths; and two groups of two blocks, the
 * first group at two depths.
 */
class SharedBlocksTest {
  private static final String BLOCK = "albert.encoder.albert_layer_groups.0.albert_layers.0";
  private static final INDArray IDS =
      Nd4j.createFromArray(new int[][] {{1, 9, 17, 33, 2}, {1, 4, 50, 2, 0}});
  private static final INDArray MASK =
      Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 0}});
  private static final INDArray CLASSES = Nd4j.createFromArray(new int[][] {{2}, {0}});
  private static final INDArray TAGS =
      Nd4j.createFromArray(new int[][] {{0, 2, 1, 1, 0}, {2, 0, 1, 2, -100}});

  private static TransformerModel load(String base, DataType type, boolean checkpointing) {
    return Transformers.open(
        Golden.base(base),
        TransformerOptions.defaults().withDataType(type).withGradientCheckpointing(checkpointing));
  }

  private static INDArray labels(String base) {
    return base.equals("albert_groups") ? TAGS : CLASSES;
  }

  private static MultiDataSet data(String base) {
    return new MultiDataSet(
        new INDArray[] {IDS}, new INDArray[] {labels(base)}, new INDArray[] {MASK}, null);
  }

  private static PeftModel<ComputationGraph> lively(TransformerModel base, PeftConfig config) {
    PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config, 3);
    Nd4j.getRandom().setSeed(9);
    INDArray parameters = model.network().params();
    parameters.addi(Nd4j.randn(parameters.dataType(), parameters.shape()).muli(0.2));
    return model;
  }

  private static INDArray gradient(PeftModel<ComputationGraph> model, String base) {
    ComputationGraph network = model.network();
    network.setInputs(IDS);
    network.setLabels(labels(base));
    network.setLayerMaskArrays(new INDArray[] {MASK}, null);
    network.computeGradientAndScore();
    INDArray gradient = network.getFlattenedGradients().dup();
    network.clearLayerMaskArrays();
    return gradient;
  }

  static Stream<PeftConfig> configs() {
    return Stream.of(
        LoraConfig.builder().targetAllLinear().rank(2).build(),
        LoraConfig.builder()
            .targetModules("value", "ffn")
            .rank(2)
            .modulesToSave("LayerNorm")
            .build(),
        Ia3Config.builder()
            .targetModules("key", "ffn_output")
            .feedforwardModules("ffn_output")
            .build(),
        NormTuningConfig.builder().targetModules("LayerNorm", "full_layer_layer_norm").build(),
        BottleneckConfig.houlsby().reductionFactor(4).build(),
        PrefixTuningConfig.builder().virtualTokens(2).projection(true).build());
  }

  static Stream<Arguments> cases() {
    return Stream.of("albert_sequence", "albert_groups")
        .flatMap(base -> configs().map(config -> Arguments.of(base, config)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theGradientIsTheSumOverTheDepths(String name, PeftConfig config) {
    for (boolean checkpointing : new boolean[] {false, true}) {
      try (TransformerModel base = load(name, DataType.DOUBLE, checkpointing);
          PeftModel<ComputationGraph> model = lively(base, config)) {
        Slopes.assertGradient(
            model.network().params(),
            gradient(model, name),
            () -> model.network().score(data(name), false),
            1e-6);
      }
    }
  }

  /** The masks of dropout are drawn again, those of each depth. */
  @Test
  void checkpointingChangesNoGradient() {
    LoraConfig config = LoraConfig.builder().targetAllLinear().rank(2).dropout(0.4).build();
    try (TransformerModel kept = load("albert_sequence", DataType.FLOAT, false);
        TransformerModel again = load("albert_sequence", DataType.FLOAT, true);
        PeftModel<ComputationGraph> first = lively(kept, config);
        PeftModel<ComputationGraph> second = lively(again, config)) {
      INDArray gradient = gradient(first, "albert_sequence");
      assertThat(gradient(second, "albert_sequence")).isEqualTo(gradient);
      assertThat(gradient(first, "albert_sequence")).isNotEqualTo(gradient);
    }
  }

  /** With one mask for all, masks would be drawn for embeddings, block and head: three times. */
  @Test
  void eachDepthHasADropoutMaskOfItsOwn() {
    LoraConfig config = LoraConfig.builder().targetModules("value").dropout(0.4).build();
    try (TransformerModel base = load("albert_sequence", DataType.FLOAT, false);
        PeftModel<ComputationGraph> model = lively(base, config)) {
      long before = model.training().masks().passes();
      gradient(model, "albert_sequence");
      long passes = model.training().masks().passes() - before;

      try (TransformerModel twice = load("bert_sequence", DataType.FLOAT, false);
          PeftModel<ComputationGraph> other = lively(twice, config)) {
        gradient(other, "albert_sequence");
        assertThat(passes).isEqualTo(other.training().masks().passes() + 1);
      }
    }
  }

  @Test
  void aSiteIsThereOnceUnderItsNameInTheCheckpoint() {
    try (TransformerModel base = load("albert_sequence", DataType.FLOAT, false);
        PeftModel<ComputationGraph> model =
            Peft.wrap(
                base.graph(), LoraConfig.builder().targetModules("query", "ffn").rank(3).build())) {
      assertThat(model.adaptedSites())
          .extracting(Site::name)
          .containsExactly(BLOCK + ".attention.query", BLOCK + ".ffn");
      assertThat(model.network().params().length()).isEqualTo(3 * (21 + 21 + 21 + 37));
      assertThat(base.graph().getVertices()).extracting(v -> v.getVertexName()).contains("block0");
      assertThat(base.architecture().body().depth()).isEqualTo(3);
    }
  }

  @Test
  void groupsRunAsOftenAsTheReferenceSays() {
    try (TransformerModel base = load("albert_groups", DataType.FLOAT, false)) {
      assertThat(base.architecture().body().blocks())
          .extracting(block -> List.of(block.times(), block.sublayers().size()))
          .containsExactly(List.of(2, 4), List.of(1, 4));
    }
  }

  @Test
  void itCannotRunInSteps() {
    for (String name : List.of("albert_sequence", "albert_groups")) {
      try (TransformerModel base = load(name, DataType.FLOAT, false)) {
        assertThatThrownBy(() -> base.graph().rnnTimeStep(IDS))
            .isInstanceOf(PeftException.class)
            .hasMessageContaining("albert_layer_groups.0 runs at several depths")
            .hasMessageContaining("output(…)");
      }
    }
  }
}
