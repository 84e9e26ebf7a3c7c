package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.cli.picture.PictureOptions;
import org.peft4j.transformers.config.ProblemType;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that read examples. */
public final class DataOptions {
  @Option(
      names = {"-d", "--data"},
      required = true,
      paramLabel = "FILE",
      description = {
        "Training or test data. Rows of .jsonl, .json, .csv, .tsv or .conll with the fields of the"
            + " task:",
        "causal-lm: messages (and tools), which the chat template writes; or prompt and completion,"
            + " as texts or messages, where only the completion counts; or text; see --objective"
            + " for better and worse answers;",
        "seq-2-seq-lm: source, target; for mBART source_lang, target_lang;",
        "seq-cls: text, label, and text_pair for two texts;",
        "token-cls: tokens, tags;",
        "question-ans: question, context, answers (SQuAD's form);",
        "feature-extraction: text, text_pair, or anchor, positive; and score or negative;",
        "image-classification: file_name, label; or a folder, with metadata.csv or .jsonl, or with"
            + " a folder of pictures for each class;",
        "image-to-text (BLIP), image-text (CLIP): file_name, text; or such a folder, or one with a"
            + " .txt file beside each picture.",
        "Or .txt, for causal-lm a text to cut into blocks; or .safetensors with transformers'"
            + " names: input_ids, attention_mask, token_type_ids, decoder_input_ids,"
            + " decoder_attention_mask, labels, start_positions, end_positions."
      })
  public Path data = Path.of("");

  @Option(
      names = "--columns",
      paramLabel = "FIELD=COLUMN,…",
      description =
          "Columns, or fields, of the file to take for those of the task:"
              + " text=review,label=stars.")
  public Optional<String> columns = Optional.empty();

  @Option(
      names = "--labels",
      paramLabel = "NAME",
      split = ",",
      description =
          "Labels of a new head in the order of their numbers (default: those of config.json if"
              + " they have names, otherwise those of the data, sorted).")
  public List<String> labels = new ArrayList<>();

  @Option(
      names = "--problem-type",
      paramLabel = "TYPE",
      description =
          "What labels of sequences are: single_label_classification, multi_label_classification or"
              + " regression (default: lists of labels are several at once, fractions a"
              + " regression).")
  public Optional<ProblemType> problem = Optional.empty();

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      description =
          "Tokens in a block of text, or at most in a row, which is cut (default: 512; for"
              + " question-ans windows of 384; or what the model takes behind virtual tokens, if"
              + " that is less).")
  public Optional<Integer> sequenceLength = Optional.empty();

  @Mixin public PictureOptions pictures = new PictureOptions();

  @Mixin public SupervisedChoice supervised = new SupervisedChoice();

  @Option(
      names = "--stride",
      paramLabel = "N",
      description = "Tokens that two windows of a long context have in common (default: 128).")
  public Optional<Integer> stride = Optional.empty();

  @ArgGroup(validate = false, heading = "%nLanguages, for models such as mBART:%n")
  public LanguageOptions languages = new LanguageOptions();

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "8",
      description = "Sequences, or pairs, in a batch (default: ${DEFAULT-VALUE}).")
  public int batchSize;
}
