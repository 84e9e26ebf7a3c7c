package org.peft4j.cli.run;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.LanguagePair;
import org.peft4j.train.data.table.RowLanguages;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * Runs rows through a model, several at once.
 *
 * @param atOnce how many rows the model is given together, if they are of the same languages
 * @param model results of inputs, in their order, from one language to another
 * @param languages those of rows; empty if there are none
 */
record RowResults<T>(
    int atOnce,
    BiFunction<LanguagePair, List<TextInput>, List<T>> model,
    Optional<RowLanguages> languages) {
  /** Of rows without languages. */
  static <T> RowResults<T> plain(int atOnce, Function<List<TextInput>, List<T>> model) {
    return new RowResults<>(atOnce, (pair, inputs) -> model.apply(inputs), Optional.empty());
  }

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
    int to;
    for (int from = 0; from < rows.size(); from = to) {
      to = from + 1;
      while (to < Math.min(rows.size(), from + atOnce)
          && languages(rows.get(to)).equals(languages(rows.get(from)))) {
        to++;
      }
      List<InputRow> some = rows.subList(from, to);
      List<T> results = results(some);
      for (int i = 0; i < some.size(); i++) {
        out.accept(some.get(i), results.get(i));
      }
    }
  }

  private LanguagePair languages(InputRow row) {
    return languages.map(known -> known.of(row.row())).orElse(LanguagePair.NONE);
  }

  private List<T> results(List<InputRow> rows) {
    try {
      return model.apply(languages(rows.get(0)), rows.stream().map(InputRow::input).toList());
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
