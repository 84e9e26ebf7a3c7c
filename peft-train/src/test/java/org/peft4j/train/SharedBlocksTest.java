package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;

/** ALBERT: the gradients of one adapter at three depths, in batches that make up a step. */
class SharedBlocksTest {
  private static final Path BASE =
      Path.of("../peft-transformers/src/test/resources/golden/bases/albert_sequence");

  private static TrainingData data() {
    Random random = new Random(4);
    List<TokenSequence> rows =
        IntStream.range(0, 8)
            .mapToObj(i -> TokenSequence.classified(random.ints(6, 3, 56).toArray(), i % 3))
            .toList();
    return TrainingData.of(rows, 0);
  }

  private static float[] trained(boolean checkpointing, int batchSize, int batches) {
    LoraConfig config =
        LoraConfig.builder().taskType("SEQ_CLS").targetModules("query", "ffn").rank(2).build();
    TransformerOptions options =
        TransformerOptions.defaults().withGradientCheckpointing(checkpointing);
    try (TransformerModel base = Transformers.open(BASE, options);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config, 5)) {
      FineTuner.builder(model, data())
          .settings(
              FineTuningSettings.builder()
                  .steps(3)
                  .batchSize(batchSize)
                  .gradientAccumulation(batches)
                  .learningRate(1e-2)
                  .shuffle(false)
                  .build())
          .build()
          .run();
      return model.network().params().toFloatVector();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStepDoesNotDependOnHowItIsSplit(boolean checkpointing) {
    float[] whole = trained(checkpointing, 4, 1);

    assertThat(trained(checkpointing, 1, 4)).containsExactly(whole, within(1e-4f));
    assertThat(trained(!checkpointing, 2, 2)).containsExactly(whole, within(1e-4f));
  }
}
