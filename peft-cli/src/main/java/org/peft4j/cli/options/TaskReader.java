package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.train.data.TextTokens;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorBatch;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.data.picture.PictureBatch;
import org.peft4j.train.data.picture.PictureData;
import org.peft4j.train.data.picture.PictureTextBatch;
import org.peft4j.train.data.picture.PictureTextData;
import org.peft4j.train.data.table.LanguagePair;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.train.objective.PictureCrossEntropy;
import org.peft4j.train.objective.PictureTextCrossEntropy;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** Reads the data of a command for the task of its model. */
public final class TaskReader {
  /** The options about data, as messages of what reads and evaluates it call them. */
  public static final OptionNames OPTIONS =
      new OptionNames(
          Map.of(
              "The sequence length", "--sequence-length",
              "the sequence length", "--sequence-length",
              "The length of packed rows", "--sequence-length",
              "The stride", "--stride",
              "the stride", "--stride",
              "The temperature", "--temperature",
              "The margin", "--margin",
              "batchSize", "--batch-size"));

  private final Path model;
  private final Task task;
  private final TaskHead head;
  private final DataOptions options;
  private final VectorOptions vectors;
  private DataFiles files;
  private UnaryOperator<TrainingData> layout = UnaryOperator.identity();

  /**
   * A reader.
   *
   * @throws PeftException if an option is out of its range, or the task has no use for it
   */
  public TaskReader(Path model, TaskHead head, DataOptions options, VectorOptions vectors) {
    this.model = model;
    this.task = head.task();
    this.head = head;
    this.options = options;
    this.vectors = vectors;
    vectors.requireUse(head.task());
    if (options.pictures.broken.isPresent() && !head.task().readsPictures()) {
      throw new PeftException(
          "--broken-pictures is for tasks of pictures; this is "
              + TaskArgument.typed(head.task())
              + ". Leave it out.");
    }
    if (options.sequenceLength.isPresent() && head.task() == Task.IMAGE_CLASSIFICATION) {
      throw new PeftException(
          "--sequence-length is for texts; this is "
              + TaskArgument.typed(head.task())
              + ". Leave it out.");
    }
    if (options.stride.isPresent() && head.task() != Task.QUESTION_ANS) {
      throw new PeftException(
          "--stride is for the task question-ans; this is "
              + TaskArgument.typed(head.task())
              + ".");
    }
    if (options.supervised.isGiven() && head.task() != Task.CAUSAL_LM) {
      throw new PeftException(
          "--train-on, --chat-template and --truncation-side are for the task causal-lm; this is "
              + TaskArgument.typed(head.task())
              + ".");
    }
    this.files = OPTIONS.in(() -> files(head));
  }

  private LanguagePair languages(TaskHead head) {
    LanguagePair all = options.languages.all();
    if (!all.isNone() && head.task() != Task.SEQ_2_SEQ_LM) {
      throw new PeftException(
          "--source-lang and --target-lang are for the task seq-2-seq-lm; this is "
              + TaskArgument.typed(head.task())
              + ".");
    }
    return all;
  }

  private DataFiles files(TaskHead head) {
    DataFiles read =
        DataFiles.of(model, head)
            .withColumns(HeadChoice.columns(options))
            .withSupervised(options.supervised.options())
            .withLanguages(languages(head));
    DataFiles cut = options.sequenceLength.map(read::withSequenceLength).orElse(read);
    return options.stride.map(cut::withStride).orElse(cut);
  }

  /** Leaves room for the virtual tokens of adapters, where no length is given. */
  public TaskReader behind(List<PeftConfig> adapters) {
    int virtual = adapters.stream().mapToInt(Methods::virtualTokens).sum();
    files = files.withVirtualTokens(virtual);
    return this;
  }

  /** Where a text of a language model is cut. */
  public int longestRow() {
    return files.blockLength();
  }

  /** Packs the examples to train on in rows of the sequence length. */
  public void pack() {
    requireTexts("--packing");
    layout = data -> data.packed(files.blockLength());
  }

  /** Puts the examples of each batch in one row. */
  public void joinBatches() {
    requireTexts("--padding-free");
    layout = TrainingData::paddingFree;
  }

  private void requireTexts(String option) {
    if (task != Task.CAUSAL_LM) {
      throw new PeftException(
          option + " is for the task causal-lm; this is " + TaskArgument.typed(task) + ".");
    }
  }

  /** The whole file. */
  public TaskData<?> all() {
    if (task == Task.IMAGE_CLASSIFICATION) {
      return pictures(pictures(options.data), Optional.empty());
    }
    if (task.readsPictures()) {
      return texts(texts(options.data), Optional.empty());
    }
    return OPTIONS.in(
        () ->
            files.areRelatedTexts()
                ? related(files.readRelated(options.data), Optional.empty())
                : tokens(files.read(options.data), Optional.empty()));
  }

  /** The whole file, and another for evaluation. */
  public TaskData<?> and(Path evaluation) {
    if (task == Task.IMAGE_CLASSIFICATION) {
      return pictures(pictures(options.data), Optional.of(pictures(evaluation)));
    }
    if (task.readsPictures()) {
      return texts(texts(options.data), Optional.of(texts(evaluation)));
    }
    return OPTIONS.in(
        () ->
            files.areRelatedTexts()
                ? related(
                    files.readRelated(options.data), Optional.of(files.readRelated(evaluation)))
                : tokens(files.read(options.data), Optional.of(files.read(evaluation))));
  }

  /**
   * The file in two parts: a text is split by tokens, and both are cut into blocks then; other
   * files are split by examples.
   *
   * @param share the evaluation's share, between 0 and 1
   */
  public TaskData<?> split(double share) {
    requireShare(share);
    if (task == Task.IMAGE_CLASSIFICATION) {
      PictureData data = pictures(options.data);
      return pictures(data.first(1 - share), Optional.of(data.after(1 - share)));
    }
    if (task.readsPictures()) {
      PictureTextData data = texts(options.data);
      return texts(data.first(1 - share), Optional.of(data.after(1 - share)));
    }
    return OPTIONS.in(
        () -> {
          if (files.areRelatedTexts()) {
            VectorData data = files.readRelated(options.data);
            return related(data.first(1 - share), Optional.of(data.after(1 - share)));
          }
          if (files.areBlocks(options.data)) {
            return blocks(share);
          }
          TrainingData data = files.read(options.data);
          return tokens(data.first(1 - share), Optional.of(data.after(1 - share)));
        });
  }

  /**
   * Checks a share of data.
   *
   * @throws PeftException if it is not between 0 and 1
   */
  public static void requireShare(double share) {
    if (!(share > 0 && share < 1)) {
      throw new PeftException(
          "The share of the data for evaluation is " + share + "; allowed: above 0, below 1.");
    }
  }

  private PictureData pictures(Path data) {
    return options.pictures.files(model, HeadChoice.columns(options)).read(data, head);
  }

  private static TaskData<PictureBatch> pictures(
      PictureData data, Optional<PictureData> evaluation) {
    return new TaskData<>(
        new PictureCrossEntropy(), data, evaluation.map(held -> held), Optional.empty());
  }

  private PictureTextData texts(Path data) {
    if (task == Task.IMAGE_TEXT && options.batchSize == 1) {
      throw new PeftException(
          "--batch-size is 1, and the contrastive loss of pairs takes its negatives from the other"
              + " rows of a batch; give 2 or more.");
    }
    OptionalInt length = options.sequenceLength.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      return OPTIONS.in(
          () ->
              options
                  .pictures
                  .files(model, HeadChoice.columns(options))
                  .readTexts(data, Families.read(model), tokenizer, length));
    }
  }

  private static TaskData<PictureTextBatch> texts(
      PictureTextData data, Optional<PictureTextData> evaluation) {
    return new TaskData<>(
        new PictureTextCrossEntropy(), data, evaluation.map(held -> held), Optional.empty());
  }

  private TaskData<TokenBatch> blocks(double share) {
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      TextTokens text = TextTokens.read(options.data, tokenizer);
      int length = files.blockLength();
      return tokens(
          text.first(1 - share).blocks(length), Optional.of(text.after(1 - share).blocks(length)));
    }
  }

  private TaskData<TokenBatch> tokens(TrainingData data, Optional<TrainingData> evaluation) {
    return new TaskData<>(
        new CrossEntropy(), layout.apply(data), evaluation.map(held -> held), Optional.of(data));
  }

  private TaskData<VectorBatch> related(VectorData data, Optional<VectorData> evaluation) {
    return new TaskData<>(
        vectors.objective(model, data, options.batchSize),
        data,
        evaluation.map(held -> held),
        Optional.of(data.texts()));
  }
}
