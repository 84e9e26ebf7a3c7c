package org.peft4j.train.data.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.PairLines;
import org.peft4j.train.data.RelatedTexts;
import org.peft4j.train.data.TextTokens;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TokenizedFile;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.data.chat.SupervisedData;
import org.peft4j.train.data.chat.SupervisedOptions;
import org.peft4j.train.data.chat.SupervisedRows;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.LanguagePair;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.VectorSettings;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Reads files of examples for the task of a model. A file's name says what it is:
 *
 * <ul>
 *   <li>{@code .jsonl}, {@code .json}, {@code .csv}, {@code .tsv} and {@code .conll}: rows, see
 *       {@link Table}, with the fields of the task;
 *   <li>{@code .safetensors}: tokens, see {@link TokenizedFile};
 *   <li>{@code .txt}: a text to cut into blocks, for causal language models.
 * </ul>
 *
 * <table>
 *   <caption>The fields of rows</caption>
 *   <tr><td>{@code CAUSAL_LM}</td>
 *     <td>{@code messages}; or {@code prompt} and {@code completion}; or {@code text}: see {@link
 *     SupervisedRows}</td></tr>
 *   <tr><td>{@code SEQ_2_SEQ_LM}</td><td>{@code source}, {@code target}</td></tr>
 *   <tr><td>{@code SEQ_CLS}</td><td>{@code text}, {@code label}; maybe {@code text_pair}</td></tr>
 *   <tr><td>{@code TOKEN_CLS}</td><td>{@code tokens}, {@code tags}</td></tr>
 *   <tr><td>{@code QUESTION_ANS}</td>
 *     <td>{@code question}, {@code context}, {@code answers}</td></tr>
 *   <tr><td>{@code FEATURE_EXTRACTION}</td><td>{@code text}, {@code text_pair}, maybe {@code score};
 *     or {@code anchor}, {@code positive}, maybe {@code negative}</td></tr>
 * </table>
 *
 * @param model a checkpoint folder, whose tokenizer encodes text
 * @param head what the model is trained for
 * @param columns which of a file's columns, or fields, to take for those of the task
 * @param sequenceLength the length of blocks, or the most tokens of a row, and of its target; empty
 *     for 512, of questions 384, or for what the model was made for if that is less
 * @param stride how many tokens of a long context two windows have in common
 * @param supervised what is learned of rows of causal language models
 * @param virtualTokens how many positions an adapter takes before each row, fewer of which are left
 *     for it by default
 * @param languages those of pairs of texts that say none, for tokenizers with languages
 */
public record DataFiles(
    Path model,
    TaskHead head,
    Columns columns,
    OptionalInt sequenceLength,
    int stride,
    SupervisedOptions supervised,
    int virtualTokens,
    LanguagePair languages) {
  private static final int LENGTH = 512;
  private static final int WINDOW = 384;
  private static final int STRIDE = 128;

  /**
   * Checks the numbers.
   *
   * @throws PeftException if one is out of its range
   */
  public DataFiles {
    if (sequenceLength.orElse(2) < 2) {
      throw new PeftException(
          "The sequence length is " + sequenceLength.getAsInt() + "; allowed: 2 and above.");
    }
    if (virtualTokens < 0) {
      throw new PeftException(
          "The number of virtual tokens is " + virtualTokens + "; allowed: 0 and above.");
    }
    if (stride < 0) {
      throw new PeftException("The stride is " + stride + "; allowed: 0 and above.");
    }
  }

  /** Files for a model, with the head that it is trained with. */
  public static DataFiles of(Path model, TaskHead head) {
    return new DataFiles(
        model,
        head,
        Columns.asTheyAre(),
        OptionalInt.empty(),
        STRIDE,
        SupervisedOptions.DEFAULT,
        0,
        LanguagePair.NONE);
  }

  /** Files for a model with its own head. */
  public static DataFiles of(Path model) {
    return of(model, AdapterTask.head(Families.read(model)));
  }

  /** The same with other columns. */
  public DataFiles withColumns(Columns value) {
    return new DataFiles(
        model, head, value, sequenceLength, stride, supervised, virtualTokens, languages);
  }

  /** The same with that length of blocks and rows, 2 and above. */
  public DataFiles withSequenceLength(int value) {
    return new DataFiles(
        model, head, columns, OptionalInt.of(value), stride, supervised, virtualTokens, languages);
  }

  /** The same with windows that have so many tokens of the context in common; 128 by default. */
  public DataFiles withStride(int value) {
    return new DataFiles(
        model, head, columns, sequenceLength, value, supervised, virtualTokens, languages);
  }

  /** The same with other choices for rows of causal language models. */
  public DataFiles withSupervised(SupervisedOptions value) {
    return new DataFiles(
        model, head, columns, sequenceLength, stride, value, virtualTokens, languages);
  }

  /** The same for an adapter that takes so many positions before each row: prompts, prefixes. */
  public DataFiles withVirtualTokens(int value) {
    return new DataFiles(
        model, head, columns, sequenceLength, stride, supervised, value, languages);
  }

  /** The same with the languages of rows that say none. */
  public DataFiles withLanguages(LanguagePair value) {
    return new DataFiles(
        model, head, columns, sequenceLength, stride, supervised, virtualTokens, value);
  }

  /** Whether a file is a text that is cut into blocks. */
  public boolean areBlocks(Path file) {
    return name(file).endsWith(".txt") && head.task() == Task.CAUSAL_LM;
  }

  /** The number of tokens in a block of a text. */
  public int blockLength() {
    return sequenceLength.orElseGet(() -> Math.min(LENGTH, room(architecture())));
  }

  /** The positions that the model was made for, less virtual tokens. */
  private int room(ModelArchitecture architecture) {
    return Math.max(2, architecture.longestText() - virtualTokens);
  }

  /** Whether the task learns from the vectors of related texts: {@link #readRelated}. */
  public boolean areRelatedTexts() {
    return head.task() == Task.FEATURE_EXTRACTION;
  }

  /**
   * Reads a file.
   *
   * @throws PeftException if the name ends in anything else, or in what the task does not learn
   *     from; or the file or the tokenizer is broken, with file, line and column
   */
  public TrainingData read(Path file) {
    ModelArchitecture architecture = architecture();
    if (name(file).endsWith(".safetensors")) {
      return TokenizedFile.read(file, architecture);
    }
    requireText(file);
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      if (name(file).endsWith(".txt")) {
        return TextTokens.read(file, tokenizer).blocks(blockLength());
      }
      Table table = Table.of(file, columns);
      int most = blockLength();
      return switch (head.task()) {
        case CAUSAL_LM -> supervised(tokenizer).read(table).data();
        case SEQ_2_SEQ_LM ->
            PairLines.of(tokenizer, architecture.tokens(), most, languages).read(table);
        case SEQ_CLS ->
            rows(table, new SequenceRows(tokens(tokenizer, architecture), head), tokenizer);
        case TOKEN_CLS ->
            rows(table, new TaggedRows(tokens(tokenizer, architecture), head), tokenizer);
        case QUESTION_ANS ->
            rows(table, new QuestionRows(tokens(tokenizer, architecture)), tokenizer);
        case FEATURE_EXTRACTION ->
            throw new PeftException(
                file
                    + " is read for the task FEATURE_EXTRACTION, which learns from pairs or triplets"
                    + " of texts: DataFiles.readRelated.");
        case IMAGE_CLASSIFICATION, IMAGE_TEXT, IMAGE_TO_TEXT -> throw head.task().readsNoText();
      };
    }
  }

  /**
   * Reads a file of rows for supervised fine-tuning, to look at.
   *
   * @throws PeftException as {@link #read} does; or if the task is not {@code CAUSAL_LM}, or the
   *     file has no rows
   */
  public SupervisedData readSupervised(Path file) {
    if (head.task() != Task.CAUSAL_LM || !Table.has(file)) {
      throw new PeftException(
          "%s is for the task %s; rows to look at are those of causal language models, in %s."
              .formatted(file, head.task(), String.join(", ", Table.ENDS)));
    }
    architecture();
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      return supervised(tokenizer).read(Table.of(file, columns));
    }
  }

  private SupervisedRows supervised(Tokenizer tokenizer) {
    return new SupervisedRows(model, tokenizer, supervised, blockLength());
  }

  /**
   * Reads a file of related texts.
   *
   * @throws PeftException as {@link #read} does; or if the task is not {@code FEATURE_EXTRACTION}
   */
  public VectorData readRelated(Path file) {
    ModelArchitecture architecture = architecture();
    if (!areRelatedTexts()) {
      throw new PeftException(
          "%s is for the task %s; pairs and triplets of texts are for FEATURE_EXTRACTION."
              .formatted(file, head.task()));
    }
    if (!Table.has(file)) {
      throw new PeftException(
          "%s: the task FEATURE_EXTRACTION learns from pairs or triplets of texts, in rows of %s."
              .formatted(file, String.join(", ", Table.ENDS)));
    }
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      RelatedRows rows = new RelatedRows(tokens(tokenizer, architecture));
      List<RelatedTexts> related = new ArrayList<>();
      Table.of(file, columns)
          .forEach(
              row -> {
                RelatedTexts texts = rows.encode(row);
                requireAlike(row, related, texts);
                related.add(texts);
              });
      return VectorData.of(related, padding(tokenizer));
    }
  }

  private static void requireAlike(Row row, List<RelatedTexts> before, RelatedTexts texts) {
    if (before.isEmpty()) {
      return;
    }
    RelatedTexts first = before.get(0);
    if (first.texts().size() != texts.texts().size()
        || first.score().isPresent() != texts.score().isPresent()) {
      throw row.problem(
          "has %d texts and %s score, the first row %d and %s; all rows have the same."
              .formatted(
                  texts.texts().size(),
                  texts.score().isPresent() ? "a" : "no",
                  first.texts().size(),
                  first.score().isPresent() ? "one" : "none"));
    }
  }

  private static TrainingData rows(Table table, RowEncoder encoder, Tokenizer tokenizer) {
    List<List<TokenSequence>> rows = new ArrayList<>();
    table.forEach(
        row ->
            rows.add(
                encoder.encode(row).stream()
                    .map(sequence -> row.task().map(sequence::ofTask).orElse(sequence))
                    .toList()));
    return TrainingData.ofRows(rows, padding(tokenizer));
  }

  private static int padding(Tokenizer tokenizer) {
    return tokenizer.padding().orElse(0);
  }

  private ModelArchitecture architecture() {
    ModelArchitecture own = Families.read(model);
    boolean languageModel = head.task() == Task.CAUSAL_LM || head.task() == Task.SEQ_2_SEQ_LM;
    return languageModel ? own : Families.read(model, head);
  }

  private InputTokens tokens(Tokenizer tokenizer, ModelArchitecture architecture) {
    int most = longest(tokenizer, architecture);
    boolean windows = head.task() == Task.QUESTION_ANS;
    return new InputTokens(
        tokenizer, architecture, windows ? TextLimit.windows(most, stride) : TextLimit.of(most));
  }

  private int longest(Tokenizer tokenizer, ModelArchitecture architecture) {
    int usual = head.task() == Task.QUESTION_ANS ? WINDOW : LENGTH;
    int made = Math.min(room(architecture), tokenizer.longestInput().orElse(usual));
    if (head.task() == Task.FEATURE_EXTRACTION && sequenceLength.isEmpty()) {
      made = Math.min(made, VectorSettings.longestOf(model).orElse(made));
    }
    return sequenceLength.orElse(Math.min(usual, made));
  }

  private void requireText(Path file) {
    boolean text = name(file).endsWith(".txt");
    if (!text && !Table.has(file)) {
      throw new PeftException(
          "%s is not a supported file type; use .txt, %s or .safetensors."
              .formatted(file, String.join(", ", Table.ENDS)));
    }
    if (text && head.task() == Task.SEQ_2_SEQ_LM) {
      throw new PeftException(
          file
              + " is a text, and "
              + model
              + " an encoder-decoder, which learns from pairs: use .jsonl with lines of"
              + " {\"source\": …, \"target\": …}.");
    }
    if (text && head.task() != Task.CAUSAL_LM) {
      throw new PeftException(
          "%s is a text; the task %s learns from rows: use one of %s."
              .formatted(file, head.task(), String.join(", ", Table.ENDS)));
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
  }
}
