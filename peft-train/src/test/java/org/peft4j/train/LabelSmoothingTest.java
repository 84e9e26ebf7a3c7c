package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.transformers.TransformerModel;

/** Smoothed labels give the losses and gradients of Hugging Face transformers' LabelSmoother. */
class LabelSmoothingTest {
  private static final Path FOLDER = GoldenCase.FOLDER.resolve("smoothing");
  private static final double TOLERANCE = 2e-5;

  private static JsonNode settings() throws IOException {
    return JsonMapper.builder().build().readTree(FOLDER.resolve("smoothing.json").toFile());
  }

  static List<String> cases() throws IOException {
    List<String> names = new ArrayList<>();
    settings().fieldNames().forEachRemaining(names::add);
    return names;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void lossAndGradientsAreTheReferences(String name) throws IOException {
    double epsilon = settings().path(name).asDouble();
    GoldenCase golden = GoldenCase.named(name);
    GoldenTensors expected =
        GoldenTensors.read(FOLDER.resolve(name.replace('/', '_') + ".safetensors"));
    int[] all = java.util.stream.IntStream.range(0, golden.data().size()).toArray();
    TokenBatch batch = golden.data().batch(all);
    CrossEntropy objective = new CrossEntropy();
    try (TransformerModel base = golden.base(options -> options.withLabelSmoothing(epsilon));
        PeftModel<ComputationGraph> model = golden.wrap(base);
        var plain = model.training().withoutDropout()) {
      double wanted = expected.get("loss").getDouble(0);

      assertThat(objective.loss(model, batch).value())
          .isCloseTo(wanted, within(TOLERANCE * wanted));
      assertThat(objective.gradients(model, batch).value())
          .isCloseTo(wanted, within(TOLERANCE * wanted));

      Map<String, INDArray> gradients = model.adapter("default").gradients();
      assertThat(gradients).hasSize(expected.tensors().size() - 1);
      gradients.forEach((key, found) -> expected.requireClose("grad." + key, found));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoders/bert_several",
        "encoders/bert_number",
        "encoders/bert_answers_lora",
      })
  void whatHasNoClassesIsRefused(String name) {
    assertThatThrownBy(
            () -> GoldenCase.named(name).base(options -> options.withLabelSmoothing(0.1)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("labelSmoothing is 0.1, which is for tokens and classes");
  }
}
