package org.peft4j.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.batch.ShiftedLabels;

/**
 * Reads a safetensors file with the names of Hugging Face transformers' inputs: {@code input_ids}
 * [rows, time] and, if they are there, {@code attention_mask} and {@code token_type_ids} [rows,
 * time] and {@code task_ids} [rows]; and the labels of the model's task:
 *
 * <table>
 *   <caption>Labels</caption>
 *   <tr><td>{@code CAUSAL_LM}</td>
 *     <td>{@code labels} [rows, time]; without them, every token that follows another is one</td></tr>
 *   <tr><td>{@code SEQ_2_SEQ_LM}</td><td>{@code labels} [rows, length], and {@code
 *     decoder_input_ids} and {@code decoder_attention_mask} [rows, length], which may be missing:
 *     the decoder then reads the labels one position later</td></tr>
 *   <tr><td>{@code SEQ_CLS}</td><td>{@code labels} [rows], classes; or numbers [rows, outputs], for
 *     several labels at once and regression</td></tr>
 *   <tr><td>{@code TOKEN_CLS}</td><td>{@code labels} [rows, time], classes</td></tr>
 *   <tr><td>{@code QUESTION_ANS}</td>
 *     <td>{@code start_positions} and {@code end_positions} [rows]</td></tr>
 * </table>
 *
 * <p>A label of −100 is not predicted.
 */
public final class TokenizedFile {
  private static final String MASK = "attention_mask";
  private static final String TYPES = "token_type_ids";
  private static final String TASKS = "task_ids";
  private static final String DECODER_IDS = "decoder_input_ids";
  private static final String DECODER_MASK = "decoder_attention_mask";

  private final TokenizedRows rows;
  private final Optional<ModelArchitecture> model;

  private TokenizedFile(TokenizedRows rows, Optional<ModelArchitecture> model) {
    this.rows = rows;
    this.model = model;
  }

  /**
   * Reads a file for any model of one stack: its labels are of the kind that their shape and type
   * show; those of tokens are the next tokens. With {@code decoder_input_ids} it is for an
   * encoder-decoder.
   *
   * @throws PeftException if the file is broken, has no {@code input_ids} or an unknown tensor, or
   *     if a shape, type or value is not allowed
   */
  public static TrainingData read(Path file) {
    return read(file, Optional.empty());
  }

  /**
   * Reads a file for that model.
   *
   * @param model with the head that it is trained with
   * @throws PeftException as {@link #read(Path)} does; or if the file has no labels for the model's
   *     task
   */
  public static TrainingData read(Path file, ModelArchitecture model) {
    return read(file, Optional.of(model));
  }

  /**
   * The head that the labels of a file need: classes as many as the highest number tells, of
   * sequences or tokens; for labels [rows] of a floating type a regression; for labels [rows, N] of
   * sequences several labels at once if all are 0 to 1, otherwise a regression.
   *
   * @param task {@code SEQ_CLS} or {@code TOKEN_CLS}
   * @param problem what labels of sequences are to be instead
   * @throws PeftException if there are no labels, or some of another shape
   */
  public static TaskHead head(Path file, Task task, Optional<ProblemType> problem) {
    try (TensorSource source = TensorSource.open(file)) {
      return TokenizedLabels.head(new TokenizedRows(source), task, problem);
    }
  }

  private static TrainingData read(Path file, Optional<ModelArchitecture> model) {
    try (TensorSource source = TensorSource.open(file)) {
      TokenizedFile tokens = new TokenizedFile(new TokenizedRows(source), model);
      return TrainingData.of(tokens.decodes() ? tokens.decoded() : tokens.sequences(), 0);
    }
  }

  private boolean decodes() {
    return model.map(ModelArchitecture::takesDecoderIds).orElseGet(() -> rows.has(DECODER_IDS));
  }

  private boolean typed() {
    return model.map(m -> m.body().tokenInput().types().isPresent()).orElse(true);
  }

  private List<TokenSequence> sequences() {
    Optional<HeadPart> head = model.map(ModelArchitecture::head);
    TokenizedTargets targets = TokenizedTargets.of(rows, head);
    List<String> known = new ArrayList<>(List.of(TokenizedRows.IDS));
    known.addAll(targets.names());
    known.add(MASK);
    if (typed()) {
      known.add(TYPES);
    }
    known.add(TASKS);
    rows.requireKnown(known);
    targets.require(rows, model.flatMap(TokenizedFile::outputs));
    List<Long> shape = rows.shape(TokenizedRows.IDS);
    rows.requireShape(MASK, shape, TokenizedRows.IDS);
    rows.requireShape(TYPES, shape, TokenizedRows.IDS);
    rows.requireShape(TASKS, rows.ofRows(), TokenizedRows.IDS);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int row = 0; row < rows.count(); row++) {
      TokenSequence sequence = targets.sequence(rows, row, ids(row), mask(row), head);
      sequences.add(ofTask(row, rows.has(TYPES) ? sequence.withTypes(types(row)) : sequence));
    }
    return sequences;
  }

  private static Optional<Integer> outputs(ModelArchitecture model) {
    return model.head() instanceof HeadPart.Output head
        ? Optional.of(head.outputs())
        : Optional.empty();
  }

  private List<TokenSequence> decoded() {
    String labels = TokenizedTargets.LABELS;
    rows.requireKnown(List.of(TokenizedRows.IDS, labels, MASK, TASKS, DECODER_IDS, DECODER_MASK));
    if (!rows.has(labels)) {
      throw rows.problem(
          "an encoder-decoder needs " + labels + " [rows, length], and there are none.");
    }
    List<Long> shape = rows.shape(labels);
    if (shape.size() != 2 || shape.get(0) != rows.count() || shape.get(1) < 1) {
      throw rows.problem(
          "%s has the shape %s; needed: [%d, length], as %s has %d rows."
              .formatted(labels, shape, rows.count(), TokenizedRows.IDS, rows.count()));
    }
    rows.requireShape(MASK, rows.shape(TokenizedRows.IDS), TokenizedRows.IDS);
    rows.requireShape(TASKS, rows.ofRows(), TokenizedRows.IDS);
    rows.requireShape(DECODER_IDS, shape, labels);
    rows.requireShape(DECODER_MASK, shape, labels);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int row = 0; row < rows.count(); row++) {
      sequences.add(ofTask(row, decoded(row, Math.toIntExact(shape.get(1)))));
    }
    return sequences;
  }

  private TokenSequence decoded(int row, int length) {
    int[] labels =
        rows.values(TokenizedTargets.LABELS, row, length, TokenSequence.IGNORED, Integer.MAX_VALUE);
    int[] decoder =
        rows.has(DECODER_IDS)
            ? rows.values(DECODER_IDS, row, length, 0, Integer.MAX_VALUE)
            : ShiftedLabels.of(labels, length, model.orElseThrow().tokens());
    return TokenSequence.decoded(
        ids(row), mask(row), decoder, rows.mask(DECODER_MASK, row, length), labels);
  }

  private TokenSequence ofTask(int row, TokenSequence sequence) {
    return rows.has(TASKS)
        ? sequence.ofTask(rows.values(TASKS, row, 1, 0, Integer.MAX_VALUE)[0])
        : sequence;
  }

  private int[] ids(int row) {
    return rows.values(TokenizedRows.IDS, row, rows.time(), 0, Integer.MAX_VALUE);
  }

  private int[] mask(int row) {
    return rows.mask(MASK, row, rows.time());
  }

  private int[] types(int row) {
    int most =
        model
            .flatMap(m -> m.body().tokenInput().types())
            .map(table -> table.rows() - 1)
            .orElse(Integer.MAX_VALUE);
    return rows.values(TYPES, row, rows.time(), 0, most);
  }
}
