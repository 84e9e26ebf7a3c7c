package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.method.Methods;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.task.DataFiles;
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
                  + " the data to a sequence length of 64.");
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

  /** Prompts and prefixes take positions: the default leaves what remains, and more is told. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void virtualTokensTakePositions(boolean prefix, @TempDir Path folder) throws IOException {
    Path rows = Files.writeString(folder.resolve("a.txt"), "a cat ".repeat(200));
    Path gpt2 = folder.resolve("gpt2");
    Files.createDirectory(gpt2);
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(BASES.resolve("gpt2").resolve(file), gpt2.resolve(file));
    }
    Files.copy(
        BASES.resolve("../predictions/llama_text/tokenizer.json"), gpt2.resolve("tokenizer.json"));
    PeftConfig config =
        prefix
            ? PrefixTuningConfig.builder().virtualTokens(5).taskType("CAUSAL_LM").build()
            : PromptTuningConfig.builder().virtualTokens(5).taskType("CAUSAL_LM").build();
    DataFiles files = DataFiles.of(gpt2).withVirtualTokens(Methods.virtualTokens(config));

    TrainingData data = files.read(rows);

    assertThat(data.longest()).isEqualTo(59);
    try (CausalLanguageModel base = Transformers.load(gpt2);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config)) {
      assertThat(new Evaluator(model, 1).evaluate(data(59)).loss()).isPositive();
      assertThatThrownBy(() -> new Evaluator(model, 1).evaluate(data(60)))
          .hasMessage(
              "The longest sequence has 60 tokens, behind 5 virtual ones; this model has embeddings"
                  + " of 64 positions. Cut the data to a sequence length of 59.");
    }
  }

  private static TrainingData data(int length) {
    return TrainingData.of(List.of(TokenSequence.of(new int[length])), 0);
  }
}
