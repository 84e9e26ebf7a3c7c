package org.peft4j.prompt.internal.multitask;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PromptAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.memory.Scratch;
import org.peft4j.prompt.internal.PromptTable;
import org.peft4j.prompt.multitask.MultitaskPromptConfig;
import org.peft4j.prompt.multitask.PromptSource;
import org.peft4j.site.Site;

/**
 * The prompt of task k: {@code P ⊙ (Cₖ·Rₖ)} with P [tokens, width] for all tasks, Cₖ [tokens,
 * ranks] and Rₖ [ranks, width]. Wang et al. 2023, equation 1.
 *
 * @param source the source of the factors' first values; N(0, 0.02²) if empty
 * @param first the first values of P
 */
record MultitaskPrompt(
    Site site, MultitaskPromptConfig config, Optional<PromptSource> source, Initializer first)
    implements PromptAdapter {
  private static final String COLS = "prefix_task_cols";
  private static final String ROWS = "prefix_task_rows";

  @Override
  public List<ParameterSpec> parameters() {
    int tokens = virtualTokens();
    return List.of(
        ParameterSpec.of(PromptTable.TABLE, first, tokens, site.outputs()),
        ParameterSpec.of(COLS, factors(COLS), config.tasks(), tokens, config.ranks()),
        ParameterSpec.of(ROWS, factors(ROWS), config.tasks(), config.ranks(), site.outputs()));
  }

  private Initializer factors(String name) {
    return source
        .filter(PromptSource::hasFactors)
        .map(given -> new SourceTensors(given).of(name, true))
        .orElseGet(() -> Initializer.normal(0.02));
  }

  @Override
  public String key(ParameterSpec parameter) {
    return parameter.name();
  }

  @Override
  public int virtualTokens() {
    return config.prompt().virtualTokens();
  }

  @Override
  public int prefixLength() {
    return 0;
  }

  /** The task of each sequence. */
  private int task(Pass pass, long row, long batch) {
    List<Integer> tasks = pass.state().tasks();
    if (tasks.isEmpty() && config.tasks() == 1) {
      return 0;
    }
    if (tasks.size() != batch && tasks.size() != 1) {
      throw new PeftException(
          "A batch of "
              + batch
              + " sequences came with "
              + (tasks.isEmpty() ? "no tasks" : tasks.size() + " tasks")
              + ". Multitask prompts need one task for each sequence, or one for all: call"
              + " PeftModel.setTasks before. On the command line: --task, or a task_id in every"
              + " line of .jsonl.");
    }
    int task = tasks.get(tasks.size() == 1 ? 0 : (int) row);
    if (task < 0 || task >= config.tasks()) {
      throw new PeftException(
          "There is no task " + task + "; allowed: 0 to " + (config.tasks() - 1) + ".");
    }
    return task;
  }

  private static INDArray factor(Pass pass, Tensors parameters, int task) {
    INDArray cols = parameters.get(COLS).tensorAlongDimension(task, 1, 2);
    INDArray rows = parameters.get(ROWS).tensorAlongDimension(task, 1, 2);
    INDArray product = Scratch.of(cols.dataType(), cols.size(0), rows.size(1));
    pass.kernels().matmul(cols, false, rows, false, 1, 0, product);
    return product;
  }

  @Override
  public void forward(Pass pass, Tensors parameters, @Nullable INDArray embeddings) {
    INDArray target = Objects.requireNonNull(embeddings);
    for (long row = 0; row < target.size(0); row++) {
      INDArray factor = factor(pass, parameters, task(pass, row, target.size(0)));
      target.tensorAlongDimension(row, 1, 2).assign(factor.muli(parameters.get(PromptTable.TABLE)));
      Scratch.release(factor);
    }
  }

  @Override
  public void backward(
      Pass pass, Tensors parameters, @Nullable INDArray dEmbeddings, Tensors gradients) {
    INDArray upper = Objects.requireNonNull(dEmbeddings);
    gradients.asMap().values().forEach(gradient -> gradient.assign(0));
    INDArray table = parameters.get(PromptTable.TABLE);
    for (long row = 0; row < upper.size(0); row++) {
      int task = task(pass, row, upper.size(0));
      INDArray factor = factor(pass, parameters, task);
      gradients.get(PromptTable.TABLE).addi(factor.muli(upper.tensorAlongDimension(row, 1, 2)));
      INDArray dFactor = table.mul(upper.tensorAlongDimension(row, 1, 2));
      INDArray cols = parameters.get(COLS).tensorAlongDimension(task, 1, 2);
      INDArray rows = parameters.get(ROWS).tensorAlongDimension(task, 1, 2);
      pass.kernels()
          .matmul(
              dFactor,
              false,
              rows,
              true,
              1,
              1,
              gradients.get(COLS).tensorAlongDimension(task, 1, 2));
      pass.kernels()
          .matmul(
              cols,
              true,
              dFactor,
              false,
              1,
              1,
              gradients.get(ROWS).tensorAlongDimension(task, 1, 2));
      Scratch.release(factor, dFactor);
    }
  }
}
