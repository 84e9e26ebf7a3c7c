package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;

/** The bases have 64 positions. */
class LongestSequenceTest {
  private static final Path BASES = Path.of("../peft-transformers/src/test/resources/golden/bases");

  @Test
  void aTableOfPositionsCannotTakeLongerDataWhichIsToldBeforeTheFirstStep() {
    try (CausalLanguageModel base = Transformers.load(BASES.resolve("gpt2"));
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), LoraConfig.builder().targetModules("c_attn").build())) {
      FineTunerBuilder<TokenBatch> builder = FineTuner.builder(model, data(65));

      assertThatThrownBy(builder::build)
          .isInstanceOf(PeftException.class)
          .hasMessage(
              "The longest sequence has 65 tokens; this model has embeddings of 64 positions. Cut"
                  + " the data to that sequence length.");
      assertThatThrownBy(() -> new Evaluator(model, 1).evaluate(data(65)))
          .hasMessageContaining("embeddings of 64 positions");
      assertThatCode(() -> FineTuner.builder(model, data(64)).build()).doesNotThrowAnyException();
    }
  }

  /** Rotary positions have no end: only a warning. */
  @Test
  void rotaryPositionsTakeLongerData() {
    try (CausalLanguageModel base = Transformers.load(BASES.resolve("llama"));
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), LoraConfig.builder().targetModules("q_proj").build())) {
      assertThat(FineTuner.builder(model, data(65)).build()).isNotNull();
    }
  }

  private static TrainingData data(int length) {
    return TrainingData.of(List.of(TokenSequence.of(new int[length])), 0);
  }
}
