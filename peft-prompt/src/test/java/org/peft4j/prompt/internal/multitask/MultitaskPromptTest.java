package org.peft4j.prompt.internal.multitask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.prompt.multitask.MultitaskPromptConfig;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** 2 virtual tokens of width 4 for 3 tasks, with factors of rank 2. */
class MultitaskPromptTest {
  private static final Site PLACE = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, 4);

  private static MultitaskPrompt prompt(int tasks) {
    MultitaskPromptConfig config =
        MultitaskPromptConfig.builder().virtualTokens(2).tasks(tasks).ranks(2).build();
    return new MultitaskPrompt(PLACE, config, Optional.empty(), Initializer.normal(1));
  }

  private static Pass pass(List<Integer> tasks) {
    Pass pass = new Pass(new Nd4jKernels(), true, 1);
    pass.state().setTasks(tasks);
    return pass;
  }

  private static INDArray forward(MultitaskPrompt prompt, Tensors values, int batch, Pass pass) {
    INDArray embeddings = Values.zeros(batch, 2, 4);
    prompt.forward(pass, values, embeddings);
    return embeddings;
  }

  @Test
  void itHasASharedTableAndTwoFactorsOfEachTask() {
    assertThat(Values.shapes(prompt(3).parameters()))
        .containsExactly(
            entry("prompt_embeddings", List.of(2L, 4L)),
            entry("prefix_task_cols", List.of(3L, 2L, 2L)),
            entry("prefix_task_rows", List.of(3L, 2L, 4L)));
  }

  @Test
  void factorsBeginAsNormalOfDeviationOneFiftieth() {
    MultitaskPromptConfig config =
        MultitaskPromptConfig.builder().virtualTokens(20).tasks(10).ranks(5).build();
    MultitaskPrompt prompt =
        new MultitaskPrompt(PLACE, config, Optional.empty(), Initializer.normal(1));

    INDArray cols = Values.first(1, prompt.parameters()).get("prefix_task_cols");

    assertThat(cols.stdNumber().doubleValue()).isBetween(0.018, 0.022);
    assertThat(cols.meanNumber().doubleValue()).isBetween(-0.002, 0.002);
  }

  @Test
  void eachSequenceHasTheTableTimesTheFactorsOfItsTask() {
    MultitaskPrompt prompt = prompt(3);
    Tensors values = Values.random(2, prompt.parameters());
    List<Integer> tasks = List.of(2, 0, 2);

    INDArray embeddings = forward(prompt, values, 3, pass(tasks));

    double[][] table = Plain.of(values.get("prompt_embeddings"));
    for (int sequence = 0; sequence < 3; sequence++) {
      int task = tasks.get(sequence);
      double[][] factor =
          Plain.product(
              Plain.of(values.get("prefix_task_cols").slice(task)),
              Plain.of(values.get("prefix_task_rows").slice(task)));
      Plain.assertClose(embeddings.slice(sequence), Plain.each(table, factor, (p, f) -> p * f));
    }
  }

  @Test
  void oneTaskIsThatOfAllSequences() {
    MultitaskPrompt prompt = prompt(3);
    Tensors values = Values.random(3, prompt.parameters());

    INDArray all = forward(prompt, values, 2, pass(List.of(1)));

    assertThat(all).isEqualTo(forward(prompt, values, 2, pass(List.of(1, 1))));
    assertThat(all).isNotEqualTo(forward(prompt, values, 2, pass(List.of(0, 1))));
  }

  @Test
  void aPromptOfOneTaskNeedsNoneNamed() {
    MultitaskPrompt prompt = prompt(1);
    Tensors values = Values.random(4, prompt.parameters());

    assertThat(forward(prompt, values, 2, pass(List.of())))
        .isEqualTo(forward(prompt, values, 2, pass(List.of(0))));
  }

  static List<List<Integer>> tasks() {
    return List.of(List.of(1, 0, 1), List.of(2));
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void everyGradientIsTheSlope(List<Integer> tasks) {
    MultitaskPrompt prompt = prompt(3);
    Tensors values = Values.random(5, prompt.parameters());
    INDArray upstream = Values.random(6, 3, 2, 4);
    Tensors gradients = Values.room(values);

    prompt.backward(pass(tasks), values, upstream, gradients);

    CentralDifferences.assertGradients(
        values, gradients, () -> Values.inner(forward(prompt, values, 3, pass(tasks)), upstream));
  }

  @Test
  void tasksThatAreNotInTheBatchGetNoGradient() {
    MultitaskPrompt prompt = prompt(3);
    Tensors values = Values.random(7, prompt.parameters());
    Tensors gradients = Values.room(values);

    prompt.backward(pass(List.of(2)), values, Values.random(8, 3, 2, 4), gradients);

    INDArray cols = gradients.get("prefix_task_cols");
    assertThat(cols.slice(0).amaxNumber().doubleValue()).isZero();
    assertThat(cols.slice(1).amaxNumber().doubleValue()).isZero();
    assertThat(cols.slice(2).amaxNumber().doubleValue()).isPositive();
  }

  @Test
  void aBatchWithoutTasksIsRefusedWithTheWayOut() {
    MultitaskPrompt prompt = prompt(3);
    Tensors values = Values.random(9, prompt.parameters());

    assertThatThrownBy(() -> forward(prompt, values, 2, pass(List.of())))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("A batch of 2 sequences came with no tasks.")
        .hasMessageContaining("PeftModel.setTasks");
    assertThatThrownBy(() -> forward(prompt, values, 2, pass(List.of(0, 1, 2))))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("A batch of 2 sequences came with 3 tasks.");
  }

  @Test
  void aTaskThatIsNotThereIsRefused() {
    MultitaskPrompt prompt = prompt(3);
    Tensors values = Values.random(10, prompt.parameters());

    for (int task : new int[] {3, -1}) {
      assertThatThrownBy(() -> forward(prompt, values, 1, pass(List.of(task))))
          .isInstanceOf(PeftException.class)
          .hasMessage("There is no task " + task + "; allowed: 0 to 2.");
    }
  }
}
