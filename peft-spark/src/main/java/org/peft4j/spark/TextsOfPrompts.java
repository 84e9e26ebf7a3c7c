package org.peft4j.spark;

import static org.apache.spark.sql.types.DataTypes.StringType;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.generation.GenerationConfig;

/** Texts that follow prompts. */
record TextsOfPrompts(String prompt, Made<GenerationConfig> config) implements RowTask {
  @Override
  public List<String> columns() {
    return List.of(prompt);
  }

  @Override
  public Task task() {
    return Task.CAUSAL_LM;
  }

  @Override
  public DataType type() {
    return StringType;
  }

  @Override
  public List<Object> results(TransformerModel model, List<Row> rows, int batchSize) {
    GenerationConfig how = config.get();
    if (how.beams().returned() != 1) {
      throw new PeftException(
          String.format(
              Locale.ROOT,
              "The generation returns %d sequences; a row has room for 1.",
              how.beams().returned()));
    }
    List<Object> results = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += batchSize) {
      List<String> prompts =
          rows.subList(from, Math.min(rows.size(), from + batchSize)).stream()
              .map(row -> RowTask.textOf(row, prompt))
              .toList();
      results.addAll(
          model instanceof Seq2SeqLanguageModel writer
              ? writer.predict(prompts, how)
              : RowTask.of(CausalLanguageModel.class, model).predict(prompts, how));
    }
    return results;
  }
}
