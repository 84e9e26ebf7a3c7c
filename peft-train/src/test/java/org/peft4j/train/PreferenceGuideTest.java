package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.PreferenceObjective;
import org.peft4j.train.preference.PreferenceRows;
import org.peft4j.train.preference.Reference;
import org.peft4j.train.preference.loss.SigmoidLoss;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** The code of docs/preferences.md. */
class PreferenceGuideTest {
  @Test
  void theCodeOnPreferencesRuns(@TempDir Path temporary) throws IOException {
    Path folder = Path.of("../peft-transformers/src/test/resources/golden/predictions/llama_text");
    Path file = temporary.resolve("pairs.jsonl");
    Files.writeString(
        file,
        "{\"prompt\":\"Once\",\"chosen\":\" there was\",\"rejected\":\" the cat\"}\n".repeat(6));
    LoraConfig lora = LoraConfig.builder().rank(2).targetModules("q_proj", "v_proj").build();
    FineTuningSettings settings =
        FineTuningSettings.builder().steps(8).batchSize(2).learningRate(1e-2).build();
    try (CausalLanguageModel base = Transformers.load(folder);
        Tokenizer tokenizer = Tokenizer.load(folder);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), lora, 42)) {
      PreferenceData pairs =
          PreferenceRows.of(tokenizer, 512)
              .pairs(Table.of(file))
              .comparedWith(Reference.start(model));
      FineTuningResult result =
          FineTuner.builder(model, new PreferenceObjective(new SigmoidLoss(0.1)))
              .data(pairs.first(0.8))
              .evaluation(pairs.after(0.8))
              .settings(settings)
              .build()
              .run();
      Evaluation last = result.evaluations().get(0).evaluation();
      double accuracy = last.values().getOrDefault("rewards/accuracies", 0.0);

      assertThat(accuracy).isEqualTo(1);
    }
  }
}
