package org.peft4j.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.internal.batch.ShiftedLabels;

/**
 * Reads a safetensors file of integers: {@code input_ids} [rows, time] and, if they are there,
 * {@code labels} and {@code attention_mask} [rows, time] and {@code task_ids} [rows]. Without
 * labels, every token that follows another is its own label. Labels [rows] are the classes of a
 * classifier; those of a classifier of tokens are of the tokens themselves.
 *
 * <p>For an encoder-decoder, {@code labels} [rows, length] are the decoder's and must be there;
 * {@code decoder_input_ids} and {@code decoder_attention_mask} [rows, length] may be. Without the
 * former, the decoder reads the labels one position later.
 */
public final class TokenizedFile {
  private static final String IDS = "input_ids";
  private static final String LABELS = "labels";
  private static final String MASK = "attention_mask";
  private static final String TASKS = "task_ids";
  private static final String DECODER_IDS = "decoder_input_ids";
  private static final String DECODER_MASK = "decoder_attention_mask";

  private final TensorSource source;
  private final Optional<ModelArchitecture> model;
  private final int rows;
  private final int time;

  private TokenizedFile(TensorSource source, Optional<ModelArchitecture> model) {
    this.source = source;
    this.model = model;
    List<Long> shape = source.tensor(IDS).shape();
    if (shape.size() != 2 || shape.contains(0L) || shape.get(1) > Integer.MAX_VALUE) {
      throw problem(IDS + " has the shape " + shape + "; needed: [rows, time].");
    }
    if (shape.get(0) > Integer.MAX_VALUE) {
      throw problem(IDS + " has " + shape.get(0) + " rows; allowed: " + Integer.MAX_VALUE + ".");
    }
    rows = shape.get(0).intValue();
    time = shape.get(1).intValue();
  }

  /**
   * Reads a file for a model of one stack; for an encoder-decoder only if it has {@code
   * decoder_input_ids}.
   *
   * @throws PeftException if the file is broken, has no {@code input_ids} or an unknown tensor, or
   *     if a shape, type or value is not allowed
   */
  public static TrainingData read(Path file) {
    try (TensorSource source = TensorSource.open(file)) {
      return new TokenizedFile(source, Optional.empty()).read();
    }
  }

  /**
   * Reads a file for that model.
   *
   * @throws PeftException as {@link #read(Path)} does; or if a model of one stack gets a decoder's
   *     input, or an encoder-decoder no labels
   */
  public static TrainingData read(Path file, ModelArchitecture model) {
    try (TensorSource source = TensorSource.open(file)) {
      return new TokenizedFile(source, Optional.of(model)).read();
    }
  }

  private boolean has(String name) {
    return source.tensors().containsKey(name);
  }

  private boolean decodes() {
    return model.map(m -> m.encoder().isPresent()).orElseGet(() -> has(DECODER_IDS));
  }

  private TrainingData read() {
    model.ifPresent(this::requireLabels);
    boolean decodes = decodes();
    List<Long> shape = source.tensor(IDS).shape();
    List<String> known = new ArrayList<>(List.of(IDS, LABELS, MASK, TASKS));
    if (decodes) {
      known.addAll(List.of(DECODER_IDS, DECODER_MASK));
    }
    for (TensorInfo tensor : source.tensors().values()) {
      if (!known.contains(tensor.name())) {
        throw problem(
            "tensor \"%s\" is unknown; allowed: %s."
                .formatted(tensor.name(), String.join(", ", known)));
      }
    }
    return decodes ? readDecoded() : read(shape);
  }

  /** Labels of tokens and sequences are in the file; answers and vectors are not trained on one. */
  private void requireLabels(ModelArchitecture architecture) {
    HeadPart head = architecture.head();
    if (head instanceof HeadPart.Span || head instanceof HeadPart.Features) {
      throw problem(
          "a file of tokens has no labels for the task "
              + architecture.task()
              + "; it trains and evaluates CAUSAL_LM, SEQ_2_SEQ_LM, SEQ_CLS and TOKEN_CLS.");
    }
    if (head instanceof HeadPart.Tokens
        && !(has(LABELS) && source.tensor(LABELS).shape().size() == 2)) {
      throw problem("a classifier of tokens needs " + LABELS + " [rows, time], a class for each.");
    }
  }

  private boolean tagged() {
    return model.map(m -> m.head() instanceof HeadPart.Tokens).orElse(false);
  }

  private TrainingData readDecoded() {
    if (!has(LABELS)) {
      throw problem("an encoder-decoder needs " + LABELS + " [rows, length], and there are none.");
    }
    List<Long> shape = source.tensor(LABELS).shape();
    if (shape.size() != 2 || shape.get(0) != rows || shape.get(1) < 1) {
      throw problem(
          "%s has the shape %s; needed: [%d, length], as %s has %d rows."
              .formatted(LABELS, shape, rows, IDS, rows));
    }
    require(MASK, source.tensor(IDS).shape(), IDS);
    require(TASKS, List.of((long) rows), IDS);
    require(DECODER_IDS, shape, LABELS);
    require(DECODER_MASK, shape, LABELS);
    int length = Math.toIntExact(shape.get(1));
    List<TokenSequence> sequences = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int[] labels = values(LABELS, row, length, TokenSequence.IGNORED, Integer.MAX_VALUE);
      TokenSequence sequence =
          TokenSequence.decoded(
              values(IDS, row, time, 0, Integer.MAX_VALUE),
              mask(MASK, row, time),
              has(DECODER_IDS)
                  ? values(DECODER_IDS, row, length, 0, Integer.MAX_VALUE)
                  : ShiftedLabels.of(labels, length, model.orElseThrow().tokens()),
              mask(DECODER_MASK, row, length),
              labels);
      sequences.add(has(TASKS) ? sequence.ofTask(task(row)) : sequence);
    }
    return TrainingData.of(sequences, 0);
  }

  private void require(String name, List<Long> shape, String other) {
    if (has(name) && !source.tensor(name).shape().equals(shape)) {
      throw problem(
          "%s has the shape %s; needed: %s, as %s has %s."
              .formatted(
                  name, source.tensor(name).shape(), shape, other, source.tensor(other).shape()));
    }
  }

  private int[] mask(String name, int row, int size) {
    if (has(name)) {
      return values(name, row, size, 0, 1);
    }
    int[] mask = new int[size];
    Arrays.fill(mask, 1);
    return mask;
  }

  private TrainingData read(List<Long> shape) {
    for (TensorInfo tensor : source.tensors().values()) {
      boolean ofRows = List.of((long) rows).equals(tensor.shape());
      boolean fits =
          switch (tensor.name()) {
            case TASKS -> ofRows;
            case LABELS -> ofRows || tensor.shape().equals(shape);
            default -> tensor.shape().equals(shape);
          };
      if (!fits) {
        List<Long> needed = tensor.name().equals(TASKS) ? List.of((long) rows) : shape;
        throw problem(
            "%s has the shape %s; needed: %s, as %s has %s."
                .formatted(tensor.name(), tensor.shape(), needed, IDS, shape));
      }
    }
    List<TokenSequence> sequences = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      TokenSequence sequence = row(row);
      sequences.add(has(TASKS) ? sequence.ofTask(task(row)) : sequence);
    }
    return TrainingData.of(sequences, 0);
  }

  private TokenSequence row(int row) {
    int[] ids = values(IDS, row, time, 0, Integer.MAX_VALUE);
    int[] mask = mask(MASK, row, time);
    if (has(LABELS)) {
      boolean classes = source.tensor(LABELS).shape().size() == 1;
      int[] labels =
          values(LABELS, row, classes ? 1 : time, TokenSequence.IGNORED, Integer.MAX_VALUE);
      if (classes) {
        return TokenSequence.classified(ids, labels[0], mask);
      }
      return tagged()
          ? TokenSequence.tagged(ids, labels, mask)
          : TokenSequence.of(ids, labels, mask);
    }
    int[] labels = ids.clone();
    for (int i = 0; i < time; i++) {
      boolean predictable = mask[i] == 1 && (i == 0 || mask[i - 1] == 1);
      labels[i] = predictable ? ids[i] : TokenSequence.IGNORED;
    }
    return TokenSequence.of(ids, labels, mask);
  }

  private int task(int row) {
    return values(TASKS, row, 1, 0, Integer.MAX_VALUE)[0];
  }

  private int[] values(String name, int row, int size, int least, int most) {
    long[] values = new long[size];
    source.readLongs(name, (long) row * size, values, 0, size);
    for (long value : values) {
      if (value < least || value > most) {
        throw problem(
            "%s holds %d in row %d; allowed: %d to %d.".formatted(name, value, row, least, most));
      }
    }
    return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
  }

  private PeftException problem(String text) {
    return new PeftException(source.path() + ": " + text);
  }
}
