package org.peft4j.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.examples.quickstart.PirateStories;
import org.peft4j.examples.quickstart.TinyLlama;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.plus.LoraPlus;
import org.peft4j.train.Checkpoints;
import org.peft4j.train.Evaluator;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.LearningRateSweep;
import org.peft4j.train.data.TextTokens;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.MetricsFile;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.metrics.WatchedMetric;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.train.stop.EarlyStopping;
import org.peft4j.train.stop.TimeBudget;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** The code of docs/training.md does what it says there. */
class TrainingGuideTest {
  private final Path output;

  TrainingGuideTest(@TempDir Path output) {
    this.output = output;
  }

  @Test
  void theGuideTrainsEvaluatesGeneratesAndResumes() throws IOException {
    Path folder = TinyLlama.unpack(output.resolve("model"));
    Path file = output.resolve("stories.txt");
    Files.writeString(file, String.join("\n", PirateStories.texts(1, 60)));
    Path adapter = output.resolve("adapter");

    CausalLanguageModel base = Transformers.load(folder);
    Tokenizer tokenizer = Tokenizer.load(folder);
    LoraConfig lora =
        LoraConfig.builder().rank(8).alpha(16).targetModules("q_proj", "v_proj").build();
    PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), lora, 42);

    TextTokens text = TextTokens.read(file, tokenizer);
    TrainingData training = text.first(0.9).blocks(64);
    TrainingData heldOut = text.after(0.9).blocks(64);

    FineTuningSettings settings =
        FineTuningSettings.builder()
            .steps(20)
            .batchSize(8)
            .learningRate(1e-2)
            .warmupSteps(4)
            .schedule(StandardSchedule.COSINE)
            .evalEvery(10)
            .build();
    Path checkpoints = output.resolve("checkpoints");
    FineTunerBuilder<TokenBatch> tuner =
        FineTuner.builder(model, training)
            .settings(settings)
            .evaluation(heldOut)
            .listener(new MetricsFile(output.resolve("metrics.jsonl")))
            .checkpoints(checkpoints, 8);
    FineTuningResult result = tuner.build().run();
    model.save(adapter);

    assertThat(result.steps()).isEqualTo(20);
    assertThat(result.evaluations()).hasSize(2);
    assertThat(adapter.resolve("adapter_model.safetensors")).exists();
    float[] whole = model.network().params().toFloatVector();

    Evaluation evaluation = new Evaluator(model, 8).evaluate(heldOut);
    assertThat(evaluation).isEqualTo(result.evaluations().get(1).evaluation());

    Generator generator = Generator.of(base, model.network());
    List<int[]> prompts = List.of(tokenizer.encode("There was a shy fox in Oakford", true));
    GenerationConfig config =
        GenerationConfig.builder().maxNewTokens(8).eosTokenIds(tokenizer.endOfText()).build();
    int[] ids =
        generator.generate(prompts, config).rows().get(0).tokens().stream()
            .mapToInt(Integer::intValue)
            .toArray();
    String story = tokenizer.decode(ids, true);
    assertThat(story).isNotBlank();

    Path latest = Checkpoints.latest(checkpoints).orElseThrow();
    FineTuner resumed = tuner.resumeFrom(latest).build();
    resumed.run();

    assertThat(latest).hasFileName("checkpoint-16");
    assertThat(model.network().params().toFloatVector()).isEqualTo(whole);

    LearningRateSweep sweep = tuner.build().sweepLearningRate(1e-6, 1, 30);
    OptionalDouble rate = sweep.suggestion();
    assertThat(sweep.points()).isNotEmpty();
    assertThat(rate.orElse(1)).isPositive();
    assertThat(model.network().params().toFloatVector()).isEqualTo(whole);

    Path best = output.resolve("best");
    FineTunerBuilder<TokenBatch> watched =
        FineTuner.builder(model, training)
            .settings(settings)
            .evaluation(heldOut)
            .checkpoints(best, 10)
            .keepBest(WatchedMetric.loss())
            .stopWhen(new EarlyStopping(WatchedMetric.loss(), 3, 0.01))
            .stopWhen(new TimeBudget(Duration.ofHours(2)));
    assertThat(watched.build().run().best()).isPresent();
    stoppedEarly(model, training);
    model.close();
    tokenizer.close();
    base.close();
  }

  private static void stoppedEarly(PeftModel<ComputationGraph> model, TrainingData training) {
    FineTuner[] self = new FineTuner[1];
    TrainingListener stopsAtThree =
        new TrainingListener() {
          @Override
          public void onStep(StepMetrics metrics) {
            if (metrics.step() == 3) {
              self[0].stop();
            }
          }
        };
    FineTuner tuner =
        FineTuner.builder(model, training)
            .groups(LoraPlus.ratio(16))
            .listener(stopsAtThree)
            .build();
    self[0] = tuner;

    assertThat(tuner.run().steps()).isEqualTo(3);
  }
}
