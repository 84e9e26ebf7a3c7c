package org.peft4j.cli.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.train.data.table.LanguagePair;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.RowLanguages;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.TransformerModel;

/**
 * Rows that run together: those of one task, if the adapters know tasks, and of the same two
 * languages, if the tokenizer knows languages.
 *
 * @param all the languages of rows that say none
 */
record RowGroups(
    TransformerModel model,
    Optional<PeftModel<ComputationGraph>> adapters,
    LanguagePair all,
    List<Row> rows) {
  private record Group(List<Integer> task, LanguagePair languages) {}

  /** The languages of rows; empty for models whose tokenizer knows none. */
  static Optional<RowLanguages> languages(TransformerModel model, LanguagePair all) {
    return model instanceof Seq2SeqLanguageModel writer
        ? writer.tokenizer().languages().map(own -> new RowLanguages(own, all))
        : Optional.empty();
  }

  /**
   * Results in the order of the rows.
   *
   * @param inputs one for each row
   * @param results of some inputs, from one language to another; {@link LanguagePair#NONE} without
   *     languages
   */
  <I, R> List<R> results(List<I> inputs, BiFunction<LanguagePair, List<I>, List<R>> results) {
    Optional<PeftModel<ComputationGraph>> told = TaskOption.withTasks(adapters);
    Optional<RowLanguages> languages = languages(model, all);
    Map<Group, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      List<Integer> task = told.isPresent() ? row.task().stream().toList() : List.of();
      LanguagePair pair = languages.map(known -> known.of(row)).orElse(LanguagePair.NONE);
      groups.computeIfAbsent(new Group(task, pair), group -> new ArrayList<>()).add(i);
    }
    Map<Integer, R> ofRow = new LinkedHashMap<>();
    groups.forEach(
        (group, numbers) -> {
          List<I> some = numbers.stream().map(inputs::get).toList();
          List<R> own = inTask(told, group.task(), () -> results.apply(group.languages(), some));
          IntStream.range(0, some.size()).forEach(i -> ofRow.put(numbers.get(i), own.get(i)));
        });
    return IntStream.range(0, rows.size()).mapToObj(ofRow::get).toList();
  }

  private static <T> T inTask(
      Optional<PeftModel<ComputationGraph>> told, List<Integer> task, Supplier<T> results) {
    if (told.isEmpty()) {
      return results.get();
    }
    try (AdapterScope scope = told.get().tasksOfEachRow(task)) {
      return results.get();
    }
  }
}
