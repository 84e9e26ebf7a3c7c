package org.peft4j.cli.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.cli.picture.PictureOptions;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.prediction.PredictionOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that read rows without labels. */
final class RowOptions {
  /** The options, as messages of what reads them call them. */
  static final OptionNames NAMES =
      new OptionNames(
          Map.of(
              "The batch size", "--batch-size",
              "The longest input", "--sequence-length",
              "The stride", "--stride",
              "Columns are", "--columns is"));

  @Option(
      names = {"-d", "--data"},
      required = true,
      paramLabel = "FILE",
      description = "Rows: .jsonl, .json, .csv, .tsv or .conll; or a folder of pictures.")
  Path data = Path.of("");

  @Option(
      names = "--columns",
      paramLabel = "FIELD=COLUMN,…",
      description =
          "Columns, or fields, of the file to take for those of the task: text=review,id=number.")
  Optional<String> columns = Optional.empty();

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "8",
      description = "Texts that run at once (default: ${DEFAULT-VALUE}).")
  int batchSize;

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      description =
          "The most tokens of a text; the rest is cut, or read in further windows (default: what"
              + " the model takes; for question-ans windows of 384).")
  Optional<Integer> sequenceLength = Optional.empty();

  @Mixin PictureOptions pictures = new PictureOptions();

  /**
   * Every row of a file or folder of pictures.
   *
   * @throws PeftException if it is broken: with file, line and column
   */
  List<Row> pictures() {
    return Table.of(data, columns()).rows();
  }

  private Columns columns() {
    return NAMES.in(() -> columns.map(Columns::parse).orElseGet(Columns::asTheyAre));
  }

  /**
   * Every row as the task reads it.
   *
   * @throws PeftException if the file is broken, or a row lacks a field: with file, line and column
   */
  List<InputRow> read(Task task) {
    if (!Table.has(data)) {
      throw new PeftException(
          "%s is not a file of rows; use one of %s."
              .formatted(data, String.join(", ", Table.ENDS)));
    }
    List<InputRow> rows = new ArrayList<>();
    Table.of(data, columns()).forEach(row -> rows.add(InputRow.of(task, row)));
    return rows;
  }

  /** How texts are read. */
  PredictionOptions prediction() {
    return NAMES.in(
        () -> {
          PredictionOptions options = PredictionOptions.defaults().withBatchSize(batchSize);
          return sequenceLength.map(options::withLongestInput).orElse(options);
        });
  }
}
