package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.prompt.multitask.MultitaskPromptConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.ptuning.PTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.internal.batch.LeftPadding;

/** Token by token behind a prompt or a prefix gives what one pass gives. */
class PromptedStepsTest {
  private static final INDArray TEXT =
      Nd4j.createFromArray(
          new long[][] {{3, 14, 15, 9, 26, 5, 35, 8, 9}, {7, 9, 32, 38, 46, 26, 43, 38, 3}});

  private static final Map<String, PeftConfig> CONFIGS =
      Map.of(
          "prompt", PromptTuningConfig.builder().virtualTokens(3).build(),
          "p-tuning", PTuningConfig.builder().virtualTokens(2).encoderHiddenSize(5).build(),
          "multitask", MultitaskPromptConfig.builder().virtualTokens(2).tasks(2).build(),
          "prefix", PrefixTuningConfig.builder().virtualTokens(3).build(),
          "projected prefix",
              PrefixTuningConfig.builder().virtualTokens(2).projection(true).build());

  static Stream<Arguments> cases() {
    return CONFIGS.keySet().stream()
        .flatMap(
            name ->
                Stream.of("llama", "gpt2", "mistral_window").map(base -> Arguments.of(base, name)));
  }

  private static PeftModel<ComputationGraph> wrap(CausalLanguageModel base, String name) {
    PeftModel<ComputationGraph> model =
        Peft.wrap(base.graph(), Objects.requireNonNull(CONFIGS.get(name)), 5);
    model.setTasks(1, 0);
    return model;
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void stepsAgreeWithOnePass(String base, String name) {
    try (CausalLanguageModel language = Transformers.load(Golden.base(base));
        PeftModel<ComputationGraph> model = wrap(language, name)) {
      ComputationGraph graph = model.network();
      INDArray whole = graph.output(TEXT)[0].dup();
      graph.rnnClearPreviousState();
      assertClose(graph.rnnTimeStep(columns(0, 4))[0], whole, 0);
      for (int t = 4; t < TEXT.size(1); t++) {
        assertClose(graph.rnnTimeStep(columns(t, t + 1))[0], whole, t);
      }
    }
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void paddingOnTheLeftChangesNothing(String base, String name) {
    try (CausalLanguageModel language = Transformers.load(Golden.base(base));
        PeftModel<ComputationGraph> model = wrap(language, name)) {
      model.setTasks(0);
      ComputationGraph graph = model.network();
      INDArray whole = graph.output(TEXT.get(interval(1, 2), interval(2, 9)).dup('c'))[0].dup();
      INDArray mask = Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1}, {0, 0, 1, 1, 1}});
      LeftPadding.begin(graph, mask);
      INDArray prompt = graph.rnnTimeStep(columns(0, 5))[0];
      assertClose(prompt.get(interval(1, 2), interval(2, 5), all()).dup('c'), whole, 0);
      for (int t = 5; t < TEXT.size(1); t++) {
        INDArray step = graph.rnnTimeStep(columns(t, t + 1))[0];
        assertClose(step.get(interval(1, 2), all(), all()).dup('c'), whole, t - 2);
      }
    }
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void everyTensorHasAGradientAndOnlyThemChange(String base, String name) {
    try (CausalLanguageModel language = Transformers.load(Golden.base(base));
        PeftModel<ComputationGraph> model = wrap(language, name)) {
      INDArray before = language.graph().output(TEXT)[0].dup();
      ComputationGraph graph = model.network();
      graph.setInputs(TEXT);
      graph.setLabels(TEXT);
      graph.computeGradientAndScore();
      model
          .adapter("default")
          .gradients()
          .forEach((key, g) -> assertThat(g.amaxNumber().doubleValue()).as(key).isPositive());
      assertThat(language.graph().output(TEXT)[0]).isEqualTo(before);
      try (var off = model.adaptersDisabled()) {
        assertThat(graph.output(TEXT)[0]).isEqualTo(before);
      }
    }
  }

  private static INDArray columns(int from, int to) {
    return TEXT.get(all(), interval(from, to)).dup('c');
  }

  private static void assertClose(INDArray actual, INDArray whole, int from) {
    INDArray expected = whole.get(all(), interval(from, from + actual.size(1)), all()).dup('c');
    INDArray own =
        actual.size(0) == expected.size(0)
            ? expected
            : expected.get(interval(0, actual.size(0)), all(), all());
    assertThat(actual.sub(own).amaxNumber().doubleValue())
        .as(List.of(from, actual.size(1)).toString())
        .isLessThan(2e-5 * Math.max(1, whole.amaxNumber().doubleValue()));
  }
}
