package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.transformers.config.Precision;

/** Gradients from what blocks keep in BF16, beside those from what checkpointing computes again. */
class RoundedResultsTest {
  private static final TransformerOptions BF16 =
      TransformerOptions.defaults().withPrecision(Precision.BF16);
  private static final INDArray IDS =
      Nd4j.createFromArray(new int[][] {{5, 9, 3, 17, 6}, {7, 21, 4, 8, 30}});
  private static final int VIT_SIDE = 20;

  /** Tokens of a row whose probabilities are not kept. */
  private static final int LONG = 1200;

  private static final INDArray CLASSES = Nd4j.createFromArray(new int[][] {{1}, {0}});

  static Stream<Arguments> cases() {
    PeftConfig lora = LoraConfig.builder().targetAllLinear().rank(2).build();
    Stream<Arguments> families =
        Stream.of(
                "llama",
                "gpt2",
                "qwen3",
                "gemma2",
                "bloom",
                "phi3",
                "falcon",
                "opt_350m",
                "bert_sequence",
                "albert_sequence",
                "modernbert_sequence",
                "t5",
                "bart",
                "vit")
            .map(base -> Arguments.of(base, lora));
    Stream<Arguments> methods =
        Stream.of(
                LoraConfig.builder().targetAllLinear().dropout(0.3).dora(true).build(),
                Ia3Config.builder()
                    .targetModules("k_proj", "down_proj")
                    .feedforwardModules("down_proj")
                    .build(),
                BottleneckConfig.houlsby().reductionFactor(4).build(),
                PrefixTuningConfig.builder().virtualTokens(2).build())
            .map(config -> Arguments.of("llama", config));
    return Stream.concat(families, methods);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void areNearThoseFromExactOnes(String base, PeftConfig config) {
    INDArray rounded = gradient(base, config, BF16);
    INDArray exact = gradient(base, config, BF16.withGradientCheckpointing(true));
    assertThat(rounded.sub(exact).norm2Number().doubleValue())
        .isBetween(
            Double.MIN_NORMAL, // Something was rounded.
            1e-2 * exact.norm2Number().doubleValue());
  }

  /**
   * Attention over so many keys keeps no probabilities, and may round the factors of its products.
   * Weights in BFLOAT16 and their products alone move this gradient by 2.3 %.
   */
  @Test
  void thoseOfLongRowsAreNearThoseOfSinglePrecision() {
    PeftConfig config = LoraConfig.builder().targetAllLinear().rank(2).build();
    int[] row = IntStream.range(0, LONG).map(i -> (i * i + 7 * i) % 29 + 3).toArray();
    INDArray ids = Nd4j.createFromArray(new int[][] {row});
    INDArray rounded = gradient("llama", config, BF16, ids);
    INDArray exact = gradient("llama", config, TransformerOptions.defaults(), ids);
    assertThat(rounded.sub(exact).norm2Number().doubleValue())
        .isBetween(Double.MIN_NORMAL, 4e-2 * exact.norm2Number().doubleValue());
  }

  private static INDArray gradient(String base, PeftConfig config, TransformerOptions options) {
    return gradient(base, config, options, IDS);
  }

  private static INDArray gradient(
      String base, PeftConfig config, TransformerOptions options, INDArray ids) {
    try (TransformerModel loaded = Transformers.open(Golden.base(base), options);
        PeftModel<ComputationGraph> model = Peft.wrap(loaded.graph(), config, 4)) {
      ComputationGraph network = model.network();
      INDArray parameters = network.params();
      Nd4j.getRandom().setSeed(9);
      parameters.addi(Nd4j.randn(parameters.dataType(), parameters.shape()).muli(0.05));
      network.setInputs(inputs(loaded, network.getNumInputArrays(), ids));
      network.setLabels(loaded.architecture().task().labelsInputs() ? CLASSES : ids);
      network.computeGradientAndScore();
      return network.getFlattenedGradients().dup();
    }
  }

  private static INDArray[] inputs(TransformerModel model, int count, INDArray ids) {
    INDArray each = ids;
    if (!model.architecture().readsText()) {
      Nd4j.getRandom().setSeed(2);
      each = Nd4j.randn(DataType.FLOAT, 2, 3, VIT_SIDE, VIT_SIDE);
    }
    INDArray[] all = new INDArray[count];
    Arrays.fill(all, each);
    return all;
  }
}
