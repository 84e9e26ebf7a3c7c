package org.peft4j.cli.run;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.SupervisedChoice;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.chat.SupervisedData;
import org.peft4j.train.data.chat.SupervisedRow;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code peft data}: what a model would learn of the rows of a file. */
@Command(
    name = "data",
    customSynopsis = "peft data --model DIR --data FILE [OPTION]...",
    header = "Show what would be learned of a file.",
    description = {
      "Reads rows as peft train reads them for a causal-lm, without loading the model. Prints the"
          + " first rows as the tokens' text, what is learned in green or [[between brackets]], and"
          + " counts: rows, tokens, rows that were cut, rows left out as the cut leaves nothing to"
          + " learn, and the share of tokens that is learned."
    },
    footer = {
      "",
      "Examples:",
      "  peft data --model my-model --data chats.jsonl --train-on assistant",
      "  peft data --model my-model --data questions.csv --columns prompt=question,completion=answer \\",
      "    --sequence-length 256 --preview 10"
    })
public final class DataCommand implements Runnable {
  private static final OptionNames NAMES =
      new OptionNames(
          Map.of("The sequence length", "--sequence-length", "Columns are", "--columns is"));

  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR",
      description = "Folder of a Hugging Face checkpoint: config.json, tokenizer.json.")
  Path model = Path.of("");

  @Option(
      names = {"-d", "--data"},
      required = true,
      paramLabel = "FILE",
      description =
          "Rows of .jsonl, .json, .csv or .tsv: messages (and tools); or prompt and completion; or"
              + " text.")
  Path data = Path.of("");

  @Option(
      names = "--columns",
      paramLabel = "FIELD=COLUMN,…",
      description = "Columns, or fields, of the file to take for those of the task.")
  Optional<String> columns = Optional.empty();

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      description = "The most tokens of a row, which is cut (default: 512).")
  Optional<Integer> sequenceLength = Optional.empty();

  @Mixin SupervisedChoice supervised = new SupervisedChoice();

  @Option(
      names = {"-n", "--preview"},
      paramLabel = "N",
      defaultValue = "3",
      description = "How many rows to print (default: ${DEFAULT-VALUE}).")
  int preview;

  @Mixin ColorChoice color = new ColorChoice();

  @Override
  public void run() {
    if (preview < 0) {
      throw new PeftException("--preview is " + preview + "; allowed: 0 and above.");
    }
    OpenModel.check(model);
    PrintWriter out = Output.of(spec);
    SupervisedData read = NAMES.in(() -> files().readSupervised(data));
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      RowPreview rows = new RowPreview(out, tokenizer, color.wanted());
      List<SupervisedRow> shown = read.rows().subList(0, Math.min(preview, read.rows().size()));
      for (SupervisedRow row : shown) {
        out.println(
            "--- %s: %,d tokens, %,d learned%s"
                .formatted(
                    row.where(), row.ids().length, row.trained(), row.truncated() ? ", cut" : ""));
        rows.print(row);
      }
    }
    print(out, read);
  }

  private DataFiles files() {
    DataFiles files =
        DataFiles.of(model, TaskHead.of(Task.CAUSAL_LM))
            .withColumns(columns.map(Columns::parse).orElseGet(Columns::asTheyAre))
            .withSupervised(supervised.options());
    return sequenceLength.map(files::withSequenceLength).orElse(files);
  }

  private static void print(PrintWriter out, SupervisedData read) {
    SupervisedData.Counts counts = read.counts();
    out.printf(
        Locale.ROOT,
        "%,d rows: %,d cut, %,d left out%n%,d tokens, the longest row %,d%n%,d learned (%.1f %%)%n",
        counts.rows(),
        counts.truncated(),
        counts.dropped(),
        counts.tokens(),
        read.data().longest(),
        counts.trained(),
        100 * counts.trainedShare());
  }
}
