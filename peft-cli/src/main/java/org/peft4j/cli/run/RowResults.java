package org.peft4j.cli.run;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * Runs rows through a model, several at once.
 *
 * @param atOnce how many rows the model is given together
 * @param model results of inputs, in their order
 */
record RowResults<T>(int atOnce, Function<List<TextInput>, List<T>> model) {
  /**
   * Runs all rows, and gives each with its result, in their order. Where adapters have tasks and
   * rows a {@code task_id}, one row after the other.
   *
   * @param adapters of the model; empty for none
   * @throws PeftException if the model refuses one, with its file and line
   */
  void of(
      List<InputRow> rows,
      Optional<PeftModel<ComputationGraph>> adapters,
      BiConsumer<InputRow, T> out) {
    boolean differ = rows.stream().anyMatch(row -> row.row().task().isPresent());
    Optional<PeftModel<ComputationGraph>> told = TaskOption.withTasks(adapters);
    if (differ && told.isPresent()) {
      for (InputRow row : rows) {
        List<Integer> task = row.row().task().stream().toList();
        try (AdapterScope scope = told.get().tasksOfEachRow(task)) {
          out.accept(row, results(List.of(row)).get(0));
        }
      }
      return;
    }
    for (int from = 0; from < rows.size(); from += atOnce) {
      List<InputRow> some = rows.subList(from, Math.min(rows.size(), from + atOnce));
      List<T> results = results(some);
      for (int i = 0; i < some.size(); i++) {
        out.accept(some.get(i), results.get(i));
      }
    }
  }

  private List<T> results(List<InputRow> rows) {
    try {
      return model.apply(rows.stream().map(InputRow::input).toList());
    } catch (PeftException e) {
      if (rows.size() == 1) {
        throw new PeftException(
            rows.get(0).row().where() + " cannot be read: " + e.getMessage(), e);
      }
      rows.forEach(row -> results(List.of(row))); // Finds the row that the model refuses.
      throw e;
    }
  }
}
