package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.safetensors.TensorSource;

/** Commands that need no tokenizer, on tiny encoders. */
class EncoderCommandsTest {
  private static final Path BASES = Run.GOLDEN.resolve("bases");
  private static final Path CASES = Run.GOLDEN.resolve("encoders");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static Run run(Object... words) {
    Run run = Run.of(words);
    assertThat(run.status()).as(run.err()).isZero();
    return run;
  }

  private static double loss(Path caseFolder) {
    float[] loss = new float[1];
    try (TensorSource expected = TensorSource.open(caseFolder.resolve("expected.safetensors"))) {
      expected.readFloats("loss", 0, loss, 0, 1);
    }
    return loss[0];
  }

  /** The batch has types of tokens, for which the graph gets a second input. */
  @Test
  void forwardWritesTheTwoEndsOfAnAnswer() {
    Path answers = CASES.resolve("bert_answers_lora");
    Path output = folder.resolve("out.safetensors");

    run(
        "forward",
        "--model",
        BASES.resolve("bert_answers"),
        "--adapter",
        answers.resolve("adapter"),
        "--inputs",
        answers.resolve("inputs.safetensors"),
        "--output",
        output,
        "--gradients");

    try (TensorSource actual = TensorSource.open(output)) {
      assertThat(actual.tensors().keySet())
          .contains(
              "start_logits", "end_logits", "loss", "grad.base_model.model.qa_outputs.weight");
      assertThat(actual.tensor("start_logits").shape()).containsExactly(3L, 9L);
      float[] loss = new float[1];
      actual.readFloats("loss", 0, loss, 0, 1);
      assertThat((double) loss[0]).isCloseTo(loss(answers), within(1e-5));
    }
  }

  @Test
  void evalOfLabelledTokensHasNoPerplexity() {
    Path tokens = CASES.resolve("roberta_tokens_lora");

    Run run =
        run(
            "eval",
            "--model",
            BASES.resolve("roberta_tokens"),
            "--adapter",
            tokens.resolve("adapter"),
            "--data",
            tokens.resolve("inputs.safetensors"));

    assertThat(run.out())
        .isEqualTo(String.format(Locale.ROOT, "loss: %.4f%ntokens: 19%n", loss(tokens)));
  }

  @Test
  void trainMakesAnAdapterOfTheModelsTask() throws IOException {
    Path adapter = folder.resolve("adapter");

    run(
        "train",
        "--model",
        BASES.resolve("roberta_tokens"),
        "--data",
        CASES.resolve("roberta_tokens_lora").resolve("inputs.safetensors"),
        "--rank",
        "2",
        "--steps",
        "2",
        "--output",
        adapter);

    assertThat(Files.readString(adapter.resolve("adapter_config.json")))
        .contains("\"TOKEN_CLS\"")
        .contains("\"classifier\"");
    try (TensorSource weights = TensorSource.open(adapter.resolve("adapter_model.safetensors"))) {
      assertThat(weights.tensors().keySet())
          .contains("base_model.model.classifier.weight", "base_model.model.classifier.bias");
    }
  }

  @Test
  void vectorsAreNotEvaluatedByAFileOfTokens() {
    Path inputs = CASES.resolve("distilbert_sequence_lora").resolve("inputs.safetensors");

    Run run = Run.of("eval", "--model", BASES.resolve("bert_features"), "--data", inputs);

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains("FEATURE_EXTRACTION learns from pairs or triplets of texts");
  }
}
