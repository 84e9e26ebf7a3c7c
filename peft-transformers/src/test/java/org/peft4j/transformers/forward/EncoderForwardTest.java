package org.peft4j.transformers.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;

/** Each task of an encoder reads and writes transformers' names, with types of tokens. */
class EncoderForwardTest {
  private static Path file(String name, String file) {
    return Golden.folder(name).resolve(file);
  }

  private static INDArray result(ForwardPass pass, String name) {
    return Objects.requireNonNull(pass.results().get(name));
  }

  private static TransformerModel load(String base, Path inputs) {
    boolean typed = ForwardInputs.typed(inputs);
    return Transformers.open(
        Golden.base(base), TransformerOptions.defaults().withTokenTypes(typed));
  }

  private static double error(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }

  @ParameterizedTest
  @CsvSource({
    "bert_sequence_lora, bert_sequence",
    "bert_several, bert_several",
    "bert_number, bert_number",
    "bert_tokens_lora, bert_tokens",
    "bert_answers_lora, bert_answers",
    "distilbert_answers_lora, distilbert_answers",
  })
  void lossAndGradientsAreTheReferences(String name, String base) {
    Path inputs = file("encoders/" + name, "inputs.safetensors");
    Path expected = file("encoders/" + name, "expected.safetensors");
    try (TransformerModel model = load(base, inputs);
        PeftModel<ComputationGraph> adapted =
            Peft.load(model.graph(), file("encoders/" + name, "adapter"));
        ForwardInputs batch = ForwardInputs.read(inputs, model.architecture());
        ForwardPass pass = ForwardPass.withGradients(adapted, batch)) {
      double loss = Golden.floats(expected, "loss").getDouble(0);
      assertThat(result(pass, "loss").getDouble(0)).isCloseTo(loss, within(1e-5 * loss));
      assertThat(pass.results().keySet()).filteredOn(key -> key.startsWith("grad.")).isNotEmpty();
      for (String key : pass.results().keySet()) {
        // The same number at each position changes no softmax over positions.
        if (key.startsWith("grad.") && !key.endsWith("qa_outputs.bias")) {
          assertThat(error(result(pass, key), Golden.floats(expected, key)))
              .as(key)
              .isLessThan(1e-5);
        }
      }
    }
  }

  @Test
  void anAnswersTwoEndsHaveLogitsEach() {
    Path inputs = file("encoders/bert_answers_lora", "inputs.safetensors");
    try (TransformerModel model = load("bert_answers", inputs);
        ForwardInputs batch = ForwardInputs.read(inputs, model.architecture());
        ForwardPass pass = ForwardPass.of(model.graph(), batch)) {
      assertThat(pass.results()).containsOnlyKeys("start_logits", "end_logits", "loss");
      INDArray both = Nd4j.stack(2, result(pass, "start_logits"), result(pass, "end_logits"));
      INDArray expected =
          Golden.floats(file("encoders/bert_answers_lora", "expected.safetensors"), "base_logits");
      assertThat(Golden.logitsError(both, expected, batch.attentionMask().orElseThrow()))
          .isLessThan(1e-5);
    }
  }

  /** An adapter of the task FEATURE_EXTRACTION names modules without a prefix. */
  @Test
  void anEncoderGivesHiddenStatesAndPooledVectors() {
    Path inputs = file("embeddings", "inputs.safetensors");
    Path expected = file("embeddings", "expected.safetensors");
    try (TransformerModel model = load("bert_features", inputs);
        PeftModel<ComputationGraph> adapted =
            Peft.load(model.graph(), file("embeddings", "adapter"));
        ForwardInputs batch = ForwardInputs.read(inputs, model.architecture());
        ForwardPass pass = ForwardPass.of(adapted, batch)) {
      assertThat(pass.results()).containsOnlyKeys("last_hidden_state", "pooler_output");
      assertThat(error(result(pass, "pooler_output"), Golden.floats(expected, "pooler_output")))
          .isLessThan(1e-5);
      assertThat(
              Golden.logitsError(
                  result(pass, "last_hidden_state"),
                  Golden.floats(expected, "last_hidden_state"),
                  batch.attentionMask().orElseThrow()))
          .isLessThan(1e-5);
    }
  }
}
