package org.peft4j.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.generation.GenerationConfig;

/**
 * What a model says of the rows of a data set, each with the adapter that a column names. An
 * executor loads the base model once, and an adapter when a row first asks for it; the rows of a
 * partition run in groups of one adapter, and come back in their order.
 *
 * <pre>{@code
 * Dataset<Row> labelled =
 *     SparkInference.of("/models/bert")
 *         .adapter("films", "/adapters/films")
 *         .adapter("books", "/adapters/books")
 *         .adapterColumn("kind")
 *         .predict(reviews, "text", "prediction");
 * labelled.select("text", "prediction.label", "prediction.score");
 * }</pre>
 *
 * <p>Rows without a name, null or empty, run without adapter; one with a name that is not known
 * fails. A null in a column of texts gives a null. The folders must be on all machines.
 */
public final class SparkInference implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String folder;
  private final LinkedHashMap<String, String> adapters;
  private final String column;
  private final int batchSize;
  private final Made<TransformerOptions> options;

  private SparkInference(
      String folder,
      Map<String, String> adapters,
      String column,
      int batchSize,
      Made<TransformerOptions> options) {
    this.folder = folder;
    this.adapters = new LinkedHashMap<>(adapters);
    this.column = column;
    this.batchSize = batchSize;
    this.options = options;
  }

  /** Inference with the model of a folder. */
  public static SparkInference of(String folder) {
    return new SparkInference(folder, Map.of(), "adapter", 16, TransformerOptions::defaults);
  }

  /** The same with one more adapter, from a folder of Hugging Face PEFT. */
  public SparkInference adapter(String name, String from) {
    Map<String, String> more = new LinkedHashMap<>(adapters);
    more.put(name, from);
    return new SparkInference(folder, more, column, batchSize, options);
  }

  /** The same, where that column names the adapter of a row; {@code adapter} by default. */
  public SparkInference adapterColumn(String value) {
    return new SparkInference(folder, adapters, value, batchSize, options);
  }

  /**
   * The same with so many texts at once, 16 by default: it changes the speed only.
   *
   * @throws PeftException if it is less than 1
   */
  public SparkInference batchSize(int value) {
    if (value < 1) {
      throw new PeftException("The batch size is " + value + "; allowed: 1 and above.");
    }
    return new SparkInference(folder, adapters, column, value, options);
  }

  /** The same, where the model is loaded with these options: its precision, for example. */
  public SparkInference options(Made<TransformerOptions> value) {
    return new SparkInference(folder, adapters, column, batchSize, value);
  }

  /**
   * The labels of texts, by a classifier of sequences.
   *
   * @return the rows with one more column: a structure of {@code label}, {@code score} and {@code
   *     scores}, a map from all labels
   */
  public Dataset<Row> predict(Dataset<Row> rows, String text, String output) {
    return run(rows, new LabelsOfTexts(List.of(text)), output);
  }

  /** The same of two texts that the model reads together. */
  public Dataset<Row> predict(Dataset<Row> rows, String first, String second, String output) {
    return run(rows, new LabelsOfTexts(List.of(first, second)), output);
  }

  /**
   * The words of texts with their tags, by a classifier of tokens.
   *
   * @return the rows with one more column: an array of structures of {@code text}, {@code begin},
   *     {@code end}, {@code tag} and {@code score}
   */
  public Dataset<Row> tag(Dataset<Row> rows, String text, String output) {
    return run(rows, new TagsOfTexts(text), output);
  }

  /**
   * The answers that contexts have to questions.
   *
   * @return the rows with one more column: a structure of {@code text}, {@code begin}, {@code end}
   *     and {@code score}
   */
  public Dataset<Row> answer(Dataset<Row> rows, String question, String context, String output) {
    return run(rows, new AnswersToQuestions(question, context), output);
  }

  /**
   * The vectors of texts, as the {@link org.peft4j.transformers.VectorSettings} of the model's
   * folder say.
   *
   * @return the rows with one more column: an array of floats
   */
  public Dataset<Row> embed(Dataset<Row> rows, String text, String output) {
    return run(rows, new VectorsOfTexts(text), output);
  }

  /**
   * The texts that follow prompts, or that an encoder-decoder makes of them.
   *
   * @param config one that returns a single sequence
   * @return the rows with one more column of texts
   */
  public Dataset<Row> generate(
      Dataset<Row> rows, String prompt, String output, Made<GenerationConfig> config) {
    return run(rows, new TextsOfPrompts(prompt, config), output);
  }

  private Dataset<Row> run(Dataset<Row> rows, RowTask task, String output) {
    StructType schema = rows.schema();
    List<String> columns = Arrays.asList(schema.fieldNames());
    task.columns().forEach(needed -> require(columns, needed));
    if (!adapters.isEmpty()) {
      require(columns, column);
    }
    if (columns.contains(output)) {
      throw new PeftException(
          "There is a column " + output + " already; choose another name for the results.");
    }
    MapPartitionsFunction<Row, Row> work =
        own -> new RowsByAdapter(this, task, own, columns.size());
    return rows.mapPartitions(work, Encoders.row(schema.add(output, task.type(), true)));
  }

  private static void require(List<String> columns, String name) {
    if (!columns.contains(name)) {
      throw new PeftException("There is no column " + name + "; there are " + columns + ".");
    }
  }

  /** The folder of the base model. */
  String folder() {
    return folder;
  }

  /** The folders of the adapters, by name. */
  Map<String, String> adapters() {
    return Collections.unmodifiableMap(adapters);
  }

  int batchSize() {
    return batchSize;
  }

  TransformerOptions options() {
    return options.get();
  }

  /**
   * The name of a row's adapter; empty for none.
   *
   * @throws PeftException if there is no such adapter
   */
  Optional<String> adapterOf(Row row) {
    if (adapters.isEmpty()) {
      return Optional.empty();
    }
    Object name = row.getAs(column);
    if (name == null || name.toString().isEmpty()) {
      return Optional.empty();
    }
    if (!adapters.containsKey(name.toString())) {
      throw new PeftException(
          "A row names the adapter "
              + name
              + " in its column "
              + column
              + "; there are "
              + adapters.keySet()
              + ", and none for null.");
    }
    return Optional.of(name.toString());
  }
}
