package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.LanguageOptions;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.TaskArgument;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.cli.picture.PictureRows;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.vision.ImageProcessor;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code peft predict}: what a model says of each row of a file. */
@Command(
    name = "predict",
    customSynopsis =
        "peft predict [--model DIR] [--adapter DIR]... --data FILE [--output FILE] [OPTION]...",
    header = "Predict the rows of a file: labels, tags, answers or texts.",
    description = {
      "Prints a JSON object for each row, in their order, with the row's id if it has one. The task"
          + " and the labels are the adapter's, or else the model's:",
      "seq-cls: reads text, and text_pair if it is there; gives label, score and the scores of all"
          + " labels; of several labels at once those from 0.5; of a regression the number.",
      "token-cls: reads tokens, or text; gives tokens, tags, scores, places and entities.",
      "question-ans: reads question and context; gives answer, begin, end and score.",
      "seq-2-seq-lm: reads source; gives text.",
      "causal-lm: reads prompt; gives the text that follows it.",
      "image-classification: reads file_name, or a folder of pictures; gives what seq-cls gives.",
      "image-text (CLIP): the same for the texts of --labels: zero-shot classes.",
      "image-to-text (BLIP): reads file_name; gives text, a caption, or several texts.",
      "Places count Unicode code points, as Python does."
    },
    footer = {
      "",
      "Examples:",
      "  peft predict --adapter my-adapter --data reviews.csv --columns text=review",
      "  peft predict --model my-model --adapter my-adapter --data questions.json \\",
      "    --output answers.jsonl --sequence-length 384 --stride 128"
    })
public final class PredictCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;
  @Mixin FoundModel model = new FoundModel();
  @Mixin RowOptions rows = new RowOptions();
  @Mixin TaskOption task = new TaskOption();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write to this .jsonl file, as a whole or not at all (default: print).")
  Optional<Path> output = Optional.empty();

  @Option(
      names = "--stride",
      paramLabel = "N",
      description = "Tokens that two windows of a long context have in common (default: 128).")
  Optional<Integer> stride = Optional.empty();

  @Option(
      names = "--labels",
      paramLabel = "TEXT",
      split = ",",
      description = "Texts that CLIP compares pictures with: 'a photo of a cat,a photo of a dog'.")
  List<String> labels = new ArrayList<>();

  @Option(
      names = "--no-answer",
      description = "A question may have no answer, if that scores higher; answer is then empty.")
  boolean noAnswer;

  @ArgGroup(validate = false, heading = "%nLanguages, for models such as mBART:%n")
  LanguageOptions languages = new LanguageOptions();

  @ArgGroup(validate = false, heading = "%nOf models that write texts:%n")
  GenerationOptions generation = new GenerationOptions();

  @Override
  public void run() {
    Path folder = model.folder(spec);
    TaskHead head = model.head(folder, task.task());
    requireFit(folder, head.task());
    if (head.task().readsPictures()) {
      pictures(folder, head);
      return;
    }
    AnswerOptions answers = answers();
    rows.prediction();
    List<InputRow> inputs = rows.read(head.task());
    try (OpenModel open = model.open(folder, head)) {
      TransformerModel base = open.base();
      task.tell(base.adapters());
      Predictor predictor =
          new Predictor(
              base,
              rows.prediction(),
              answers,
              open::generator,
              () -> new Sampling(generation, folder, base.tokenizer().endOfText()).config(),
              languages.all());
      RowResults<Consumer<ObjectNode>> results = predictor.results();
      Consumer<Consumer<ObjectNode>> objects =
          out ->
              results.of(
                  inputs,
                  base.adapters(),
                  (row, fields) -> {
                    ObjectNode object = row.object();
                    fields.accept(object);
                    out.accept(object);
                  });
      if (output.isPresent()) {
        JsonLinesOutput.write(output.get(), objects);
        Output.of(spec).println(inputs.size() + " rows written to " + output.get());
      } else {
        objects.accept(JsonLinesOutput.to(Output.of(spec)));
      }
    }
  }

  private void pictures(Path folder, TaskHead head) {
    ImageProcessor processor = ImageProcessor.read(folder);
    List<Row> read = rows.pictures();
    try (OpenModel open = model.open(folder, head)) {
      PicturePredictor predictor =
          new PicturePredictor(
              open.base(),
              labels,
              () -> new Sampling(generation, folder, open.base().tokenizer().endOfText()).config());
      PictureRows<Consumer<ObjectNode>> pictures =
          new PictureRows<>(predictor.results(), processor, rows.pictures.broken(), rows.batchSize);
      if (output.isEmpty()) {
        write(pictures, read, JsonLinesOutput.to(Output.of(spec)));
        return;
      }
      int[] count = new int[1];
      JsonLinesOutput.write(output.get(), out -> count[0] = write(pictures, read, out));
      Output.of(spec).println(count[0] + " rows written to " + output.get());
    }
  }

  private static int write(
      PictureRows<Consumer<ObjectNode>> pictures, List<Row> rows, Consumer<ObjectNode> out) {
    return pictures.of(
        rows,
        (row, fields) -> {
          ObjectNode object = InputRow.object(row);
          object.put("file_name", row.text("file_name"));
          fields.accept(object);
          out.accept(object);
        });
  }

  private AnswerOptions answers() {
    return RowOptions.NAMES.in(
        () -> {
          AnswerOptions options = AnswerOptions.defaults().withBatchSize(rows.batchSize);
          int tokens = rows.sequenceLength.orElse(options.longestInput());
          options = options.withWindows(tokens, stride.orElse(options.stride()));
          return noAnswer ? options.orNone(0) : options;
        });
  }

  /** Refuses options that would change nothing. */
  private void requireFit(Path folder, Task own) {
    if (own == Task.FEATURE_EXTRACTION) {
      throw new PeftException(
          folder + " gives vectors, and no labels; use 'peft embed', or an adapter with a head.");
    }
    if (own == Task.IMAGE_TEXT && new HashSet<>(labels).size() < Math.max(2, labels.size())) {
      throw new PeftException(
          "--labels is %s; a model of texts and pictures needs two or more different texts: --labels 'a photo of a cat,a photo of a dog'."
              .formatted(labels));
    }
    require(labels.isEmpty() || own == Task.IMAGE_TEXT, "--labels", own, "image-text");
    require(
        rows.pictures.broken.isEmpty() || own.readsPictures(),
        "--broken-pictures",
        own,
        "tasks of pictures");
    boolean writes = own == Task.CAUSAL_LM || own == Task.SEQ_2_SEQ_LM || own == Task.IMAGE_TO_TEXT;
    require(stride.isEmpty() || own == Task.QUESTION_ANS, "--stride", own, "question-ans");
    require(!noAnswer || own == Task.QUESTION_ANS, "--no-answer", own, "question-ans");
    require(
        languages.all().isNone() || own == Task.SEQ_2_SEQ_LM,
        "--source-lang or --target-lang",
        own,
        "seq-2-seq-lm");
    require(
        rows.sequenceLength.isEmpty() || own != Task.CAUSAL_LM && !own.readsPictures(),
        "--sequence-length",
        own,
        "all tasks but causal-lm, whose prompts are never cut, and those of pictures");
    for (String option : WritingOptions.given(spec)) {
      require(writes, option, own, "causal-lm, seq-2-seq-lm and image-to-text");
    }
  }

  private static void require(boolean right, String option, Task own, String tasks) {
    if (!right) {
      throw new PeftException(
          option
              + " is for "
              + tasks
              + ", and the task is "
              + TaskArgument.typed(own)
              + "; leave it out.");
    }
  }
}
