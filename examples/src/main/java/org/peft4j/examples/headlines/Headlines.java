package org.peft4j.examples.headlines;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.evaluation.SourceTarget;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.GenerationFile;

/**
 * A small T5 learns to write headlines of weather reports, by LoRA and by prompt tuning, and writes
 * some with beam search. Arguments: optionally the steps of LoRA (150 by default); the prompt takes
 * four times as many.
 */
public final class Headlines {
  private static final int BATCH = 16;
  private static final int PROMPT_STEPS = 4;

  /** Words that the model knows; its tokens' embeddings are repeated to fill the prompt. */
  private static final String BEGINNING = "tell: sky sunny, town, degrees, day";

  private final Seq2SeqLanguageModel model;
  private final TrainingData reports;
  private final List<SourceTarget> heldOut;
  private final GenerationConfig beams;

  private Headlines(Seq2SeqLanguageModel model, SmallT5 files) {
    this.model = model;
    this.reports = DataFiles.of(files.folder()).read(files.training());
    this.heldOut = files.examples();
    this.beams = GenerationFile.read(files.folder());
  }

  public static void main(String[] arguments) {
    int steps = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 150;
    Path folder = temporary();
    SmallT5 files = SmallT5.unpack(folder);
    try (Seq2SeqLanguageModel model = Seq2SeqLanguageModel.load(files.folder())) {
      new Headlines(model, files).run(steps);
    }
    System.out.println("The model and its data are in " + folder);
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("headlines");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void run(int steps) {
    System.out.printf(
        "Base: %,d parameters; %d reports with headlines to learn from, %d held out%n%n",
        model.parameterCount(), reports.size(), heldOut.size());
    print("base", 0, 0);
    learn(
        "LoRA, r 8", LoraConfig.builder().rank(8).alpha(16).targetAllLinear().build(), 5e-3, steps);
    printBeams();
    learn(
        "prompt, 30 tokens",
        PromptTuningConfig.builder()
            .virtualTokens(30)
            .initFromText(BEGINNING, text -> model.tokenizer().encode(text, false))
            .build(),
        0.5,
        PROMPT_STEPS * steps);
  }

  private void learn(String name, PeftConfig config, double rate, int steps) {
    PeftModel<ComputationGraph> adapted = model.wrap(config);
    long begin = System.nanoTime();
    FineTuner.builder(adapted, reports)
        .settings(
            FineTuningSettings.builder().steps(steps).batchSize(BATCH).learningRate(rate).build())
        .build()
        .run();
    print(name, adapted.trainableParameters().trainable(), (System.nanoTime() - begin) / 1e9);
  }

  private void print(String name, long trained, double seconds) {
    System.out.printf(
        "%s: %,d parameters, %.0f s%n  %s%n",
        name, trained, seconds, model.evaluate(heldOut, beams, BATCH));
  }

  /** The three best headlines of a report. */
  private void printBeams() {
    SourceTarget first = heldOut.get(0);
    GenerationConfig three = GenerationFile.read(model.folder(), own -> own.numReturnSequences(3));
    System.out.println("  " + first.source());
    model
        .predict(List.of(first.source()), three)
        .forEach(headline -> System.out.println("  → " + headline));
  }
}
