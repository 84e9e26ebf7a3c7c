package org.peft4j.cli.run;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.DataOptions;
import org.peft4j.cli.options.HeadChoice;
import org.peft4j.cli.options.ModelOptions;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.TaskArgument;
import org.peft4j.cli.options.TaskData;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.cli.options.TaskReader;
import org.peft4j.cli.options.VectorOptions;
import org.peft4j.cli.options.Wording;
import org.peft4j.cli.picture.PictureScores;
import org.peft4j.cli.picture.PictureTextScores;
import org.peft4j.cli.preference.PreferenceOptions;
import org.peft4j.cli.preference.PreferenceReader;
import org.peft4j.cli.preference.ReferenceChoice;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.train.Evaluator;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.picture.PictureData;
import org.peft4j.train.data.picture.PictureTextData;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.transformers.ImageCaptioner;
import org.peft4j.transformers.ImageClassifier;
import org.peft4j.transformers.ImageTextModel;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.tokenizer.Tokenizer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code peft eval}: measures how well a model predicts a file. */
@Command(
    name = "eval",
    customSynopsis = "peft eval --model DIR [--adapter DIR]... --data FILE [OPTION]...",
    header = "Measure how well a model, with or without an adapter, predicts a file.",
    description =
        "Prints the mean loss, and the number of tokens, sequences, windows or examples that it is"
            + " the mean over; for language models in nats per token, with its perplexity and the"
            + " share of tokens that were the likeliest. Then the metrics of labels, tags, answers,"
            + " vectors and written texts, for which the rows of the file run through the model"
            + " once more. Texts are written token by token, with beams several at once, which"
            + " takes far longer than the loss.",
    footer = {
      "",
      "Examples:",
      "  peft eval --model my-model --adapter my-adapter --data held-out.txt --sequence-length 256",
      "  peft eval --model my-bert --adapter stars --data more.csv --columns"
          + " text=review,label=stars"
    })
public final class EvalCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin DataOptions data = new DataOptions();
  @Mixin TaskOption task = new TaskOption();

  @Option(
      names = "--last",
      paramLabel = "SHARE",
      description =
          "Use only the last part of the data, such as 0.1: the part that train --eval-split"
              + " keeps.")
  Optional<Double> last = Optional.empty();

  @ArgGroup(validate = false, order = 3, heading = "%nVectors, for feature-extraction:%n")
  VectorOptions vectors = new VectorOptions();

  @Option(
      names = "--loss-only",
      description = "Print no metrics, which need a second pass; above all, write no texts.")
  boolean lossOnly;

  @Option(
      names = "--confusion-matrix",
      paramLabel = "FILE",
      description =
          "Draw how often each label of pictures was predicted for each, as a PNG file; for"
              + " image-classification with one label each.")
  Optional<Path> confusion = Optional.empty();

  @ArgGroup(
      validate = false,
      order = 4,
      heading = "%nOf texts that seq-2-seq-lm and image-to-text write:%n")
  WritingOptions generation = new WritingOptions();

  @ArgGroup(validate = false, order = 5, heading = "%nBetter and worse answers:%n")
  PreferenceOptions preferences = new PreferenceOptions();

  @Override
  public void run() {
    OpenModel.check(model.model);
    ReferenceChoice.check(preferences, false);
    task.task().ifPresent(asked -> PreferenceReader.requireTask(preferences, asked));
    TaskHead head = head();
    requireUse(head);
    if (preferences.isUsed()) {
      PreferenceReader reader = new PreferenceReader(model.model, head, data, preferences);
      evaluate(
          head,
          last.<TaskData<?>>map(reader::split).orElseGet(reader::all),
          (open, count) -> {
            throw new IllegalStateException("Answers are compared, not written.");
          });
      return;
    }
    TaskReader reader =
        new TaskReader(model.model, head, data, vectors)
            .behind(model.adapters.stream().map(a -> AdapterFiles.readConfig(a.folder())).toList());
    evaluate(
        head,
        last.<TaskData<?>>map(reader::split).orElseGet(reader::all),
        (open, count) -> writer(open, reader.longestRow(), count));
  }

  /** Refuses options of texts where none are written. */
  private void requireUse(TaskHead head) {
    Task own = head.task();
    boolean classes =
        own == Task.IMAGE_CLASSIFICATION
            && head.problem() == ProblemType.SINGLE_LABEL_CLASSIFICATION;
    if (confusion.isPresent() && (!classes || lossOnly)) {
      throw new PeftException(
          "--confusion-matrix is for the task image-classification with one label for each picture,"
              + " without --loss-only; this is "
              + TaskArgument.typed(own)
              + ". Leave it out.");
    }
    for (String option : WritingOptions.given(spec)) {
      boolean writes = own == Task.SEQ_2_SEQ_LM || own == Task.IMAGE_TO_TEXT;
      if (!writes || lossOnly || !Table.has(data.data)) {
        throw new PeftException(
            "%s is for texts that are written, and %s; leave it out."
                .formatted(
                    option,
                    !writes
                        ? "the task is " + TaskArgument.typed(own)
                        : lossOnly ? "--loss-only writes none" : data.data + " has tokens"));
      }
    }
  }

  private TaskHead head() {
    return model.adapters.isEmpty()
        ? preferences.isReward()
            ? HeadChoice.ofRewards(model.model, data)
            : HeadChoice.of(model.model, task.task(), data)
        : HeadChoice.ofAdapter(model.adapters.get(0).folder(), model.model, task.task(), data);
  }

  private <B extends Batch> void evaluate(
      TaskHead head, TaskData<B> read, RowScores.Writer writer) {
    try (OpenModel open =
            OpenModel.of(model.model, head, model.adapters, model.precision.options());
        PeftModel<ComputationGraph> network = network(open);
        ReferenceChoice reference =
            ReferenceChoice.open(preferences, open.base().graph(), network)) {
      TaskData<B> examples = reference.on(read);
      task.tell(open.wrapped());
      Evaluation result =
          TaskReader.OPTIONS.in(
              () ->
                  Evaluator.evaluate(
                      network, examples.objective(), examples.measured(), data.batchSize));
      print(new Wording(head.task(), preferences.predictions()), result);
      if (examples.measured() instanceof PictureData pictures) {
        if (!lossOnly) {
          Output.of(spec).flush();
          pictures(open, pictures);
        }
      } else if (examples.measured() instanceof PictureTextData pictures) {
        if (!lossOnly) {
          Output.of(spec).flush();
          texts(open, pictures);
        }
      } else if (!lossOnly && !preferences.isUsed() && Table.has(data.data)) {
        Output.of(spec).flush();
        List<Row> rows = Table.of(data.data, HeadChoice.columns(data)).rows();
        int from = last.isPresent() ? examples.firstRow() : 0;
        RowScores scores = new RowScores(open, head, data, vectors, writer);
        scores.of(rows.subList(from, rows.size())).values().forEach(this::print);
      }
    }
  }

  private void pictures(OpenModel open, PictureData pictures) {
    ImageClassifier classifier = (ImageClassifier) open.base();
    open.wrapped().ifPresent(classifier::use);
    PictureScores scores = PictureScores.of(classifier, pictures, data.batchSize);
    scores.scores().values().forEach(this::print);
    confusion.ifPresent(file -> scores.confusion().write(file));
  }

  private void texts(OpenModel open, PictureTextData pictures) {
    open.wrapped().ifPresent(open.base()::use);
    List<Row> rows = Table.of(data.data, HeadChoice.columns(data)).rows();
    PictureTextScores scores = PictureTextScores.of(pictures, rows, data.batchSize);
    if (open.base() instanceof ImageCaptioner captioner) {
      GenerationConfig config = writing(open, pictures.size());
      scores.captions(captioner, config).values().forEach(this::print);
    } else {
      scores.pairs((ImageTextModel) open.base()).values().forEach(this::print);
    }
  }

  private WrittenTexts writer(OpenModel open, int longest, int count) {
    GenerationConfig config = writing(open, count);
    return new WrittenTexts(open.generator(), open.base().tokenizer(), longest, config);
  }

  /** Says what it costs before anything is written. */
  private GenerationConfig writing(OpenModel open, int count) {
    Tokenizer tokenizer = open.base().tokenizer();
    Sampling sampling = new Sampling(generation, model.model, tokenizer.endOfText());
    GenerationConfig config = sampling.config();
    if (config.beams().returned() > 1) {
      throw new PeftException(
          "--num-return-sequences is %d; one text of each row is compared: give 1."
              .formatted(config.beams().returned()));
    }
    Output.error(spec)
        .printf(
            "writing %d texts, num_beams %d, %s (--loss-only leaves them out)%n",
            count, config.beams().count(), Sampling.length(config));
    if (generation.verbose) {
      Output.error(spec).printf("%s%n%s%n", sampling.told(), Sampling.text(config));
    }
    Output.error(spec).flush();
    return config;
  }

  private void print(String metric, double value) {
    Output.of(spec).printf(Locale.ROOT, "%s: %.4f%n", metric, value);
  }

  /** Without an adapter, a network that has none. */
  private static PeftModel<ComputationGraph> network(OpenModel open) {
    return open.wrapped().orElseGet(() -> Peft.bare(open.base().graph(), 0));
  }

  private void print(Wording wording, Evaluation result) {
    PrintWriter out = Output.of(spec);
    out.printf(Locale.ROOT, "loss: %.4f%n", result.loss());
    if (wording.hasPerplexity()) {
      out.printf(Locale.ROOT, "perplexity: %.4f%n", result.perplexity());
    }
    if (wording.hasPerplexity() || preferences.isUsed()) {
      result.values().forEach(this::print);
    }
    out.printf(Locale.ROOT, "%s: %d%n", wording.predictions(), result.predictions());
  }
}
