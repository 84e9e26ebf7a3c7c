package org.peft4j.prompt.internal.multitask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.method.Injection;
import org.peft4j.prompt.multitask.MultitaskPromptConfig;
import org.peft4j.prompt.multitask.PromptSource;
import org.peft4j.prompt.multitask.PromptSource.Share;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.SmallFile;
import org.peft4j.testing.Values;

/** New prompts that begin from one of two tasks, with 2 tokens of width 3 and factors of rank 1. */
class SourceTensorsTest {
  private static final Site PLACE = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, 3);
  private static final INDArray TABLE = Nd4j.createFromArray(new double[][] {{1, 2, 3}, {4, 5, 6}});
  private static final INDArray COLS =
      Nd4j.createFromArray(new double[][][] {{{1}, {2}}, {{3}, {6}}});
  private static final INDArray ROWS =
      Nd4j.createFromArray(new double[][][] {{{1, 2, 3}}, {{9, 8, 7}}});

  private Path file = Path.of("");

  @BeforeEach
  void writeTheSource(@TempDir Path folder) {
    file =
        SmallFile.write(
            folder.resolve("adapter_model.safetensors"),
            Map.of("prompt_embeddings", TABLE, "prefix_task_cols", COLS, "prefix_task_rows", ROWS));
  }

  private static MultitaskPromptConfig.Builder config() {
    return MultitaskPromptConfig.builder().virtualTokens(2);
  }

  private static Tensors begin(MultitaskPromptConfig config) {
    Adapter adapter =
        new MultitaskPromptMethod()
            .inject(PLACE, config, Frozen.nothing().injection(PLACE))
            .orElseThrow();
    return Values.first(1, adapter.parameters());
  }

  @Test
  void oneTaskGivesItsFactors() {
    Tensors first = begin(config().source(new PromptSource(file, Share.ONE_TASK, 1)).build());

    assertThat(first.get("prompt_embeddings")).isEqualTo(TABLE);
    assertThat(first.get("prefix_task_cols")).isEqualTo(COLS.slice(1).reshape(1, 2, 1));
    assertThat(first.get("prefix_task_rows")).isEqualTo(ROWS.slice(1).reshape(1, 1, 3));
  }

  @Test
  void allTasksGiveTheirMean() {
    Tensors first = begin(config().source(new PromptSource(file, Share.MEAN_OF_TASKS, 0)).build());

    assertThat(first.get("prompt_embeddings")).isEqualTo(TABLE);
    assertThat(first.get("prefix_task_cols").ravel().toDoubleVector()).containsExactly(2, 4);
    assertThat(first.get("prefix_task_rows").ravel().toDoubleVector()).containsExactly(5, 5, 5);
  }

  @Test
  void theSharedPromptAloneLeavesTheFactorsRandomForAnyNumberOfTasks() {
    Tensors first =
        begin(config().tasks(5).source(new PromptSource(file, Share.SHARED_PROMPT, 0)).build());

    assertThat(first.get("prompt_embeddings")).isEqualTo(TABLE);
    assertThat(first.get("prefix_task_cols").shape()).containsExactly(5, 2, 1);
    assertThat(first.get("prefix_task_cols").amaxNumber().doubleValue()).isBetween(0.001, 0.2);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, -1})
  void aTaskThatTheSourceDoesNotHaveIsRefused(int task) {
    assertThatThrownBy(
            () -> begin(config().source(new PromptSource(file, Share.ONE_TASK, task)).build()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has 2 tasks; there is no task " + task + ".");
  }

  @Test
  void aSourceOfAnotherShapeIsRefused() {
    assertThatThrownBy(
            () ->
                begin(
                    MultitaskPromptConfig.builder()
                        .virtualTokens(4)
                        .source(new PromptSource(file, Share.MEAN_OF_TASKS, 0))
                        .build()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("prompt_embeddings has the shape [2, 3]; this config's is [4, 3].");
  }

  @ParameterizedTest
  @EnumSource
  void aSourceThatOnlyAConfigFileNamesIsNotFollowed(Share share) {
    PromptSource source = new PromptSource(Optional.empty(), share, 0);

    assertThatThrownBy(() -> begin(config().source(source).build()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("prompt_tuning_init is " + share.init())
        .hasMessageContaining("paths in a config are not followed")
        .hasMessageContaining("MultitaskPromptConfig.builder().source(");
  }

  @Test
  void valuesThatAreLoadedNeedNoSource() {
    MultitaskPromptConfig config =
        config().source(new PromptSource(Optional.empty(), Share.ONE_TASK, 0)).build();
    Injection loading = new Injection(List.of(PLACE), Frozen.nothing(), false, true);

    Adapter adapter = new MultitaskPromptMethod().inject(PLACE, config, loading).orElseThrow();

    assertThat(Values.first(1, adapter.parameters()).get("prompt_embeddings"))
        .isEqualTo(Values.zeros(2, 3));
  }
}
