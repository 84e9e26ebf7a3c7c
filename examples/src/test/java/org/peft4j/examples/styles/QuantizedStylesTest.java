package org.peft4j.examples.styles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.quantization.Quantization;
import org.peft4j.train.Evaluator;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.TextTokens;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;

/** A real model learns a book's style in 4 bits nearly as well as in FP32. */
class QuantizedStylesTest {
  private static final Path DATA = Path.of(System.getProperty("peft4j.data", "../shared/data"));
  private static final Path MODEL = DATA.resolve("models/stories260k");
  private static final Path OZ = DATA.resolve("datasets/wizard_of_oz/wizard_of_oz.txt");
  private static final int LENGTH = 128;
  private static final int BATCH = 8;

  /** Nats a token of text that was held out. */
  private record Losses(double before, double after) {}

  @Test
  void theLossEndsWithinTwoPercentOfThatInSinglePrecision() {
    assumeTrue(Files.isDirectory(MODEL), () -> "no model at " + MODEL + "; set peft4j.data");
    assumeTrue(Files.exists(OZ), () -> "no text at " + OZ + "; set peft4j.data");
    Losses whole = adapt(TransformerOptions.defaults());

    Losses bits = adapt(TransformerOptions.defaults().withQuantization(Quantization.nf4()));

    assertThat(bits.before()).isGreaterThan(whole.before());
    assertThat(whole.after()).isLessThan(0.85 * whole.before());
    assertThat(bits.after()).isCloseTo(whole.after(), withinPercentage(2));
  }

  private static Losses adapt(TransformerOptions options) {
    LoraConfig lora = LoraConfig.builder().rank(16).alpha(32).targetAllLinear().build();
    try (CausalLanguageModel base = Transformers.load(MODEL, options);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), lora)) {
      TextTokens text = TextTokens.read(OZ, base.tokenizer());
      Evaluator held = new Evaluator(model, BATCH);
      double before = held.evaluate(text.after(0.985).blocks(LENGTH)).loss();
      FineTuner.builder(model, text.first(0.9).blocks(LENGTH))
          .settings(
              FineTuningSettings.builder()
                  .steps(40)
                  .batchSize(BATCH)
                  .learningRate(5e-3)
                  .seed(1)
                  .build())
          .build()
          .run();
      return new Losses(before, held.evaluate(text.after(0.985).blocks(LENGTH)).loss());
    }
  }
}
