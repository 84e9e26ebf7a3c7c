package org.peft4j.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * Reads a safetensors file of integers: {@code input_ids} [rows, time] and, if they are there,
 * {@code labels} and {@code attention_mask} [rows, time] and {@code task_ids} [rows]. Without
 * labels, every token that follows another is its own label. Labels [rows] are the classes of a
 * classifier.
 */
public final class TokenizedFile {
  private static final String IDS = "input_ids";
  private static final String LABELS = "labels";
  private static final String MASK = "attention_mask";
  private static final String TASKS = "task_ids";

  private final TensorSource source;
  private final int rows;
  private final int time;

  private TokenizedFile(TensorSource source) {
    this.source = source;
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
   * Reads a file.
   *
   * @throws PeftException if the file is broken, has no {@code input_ids} or an unknown tensor, or
   *     if a shape, type or value is not allowed
   */
  public static TrainingData read(Path file) {
    try (TensorSource source = TensorSource.open(file)) {
      return new TokenizedFile(source).read();
    }
  }

  private TrainingData read() {
    List<Long> shape = source.tensor(IDS).shape();
    for (TensorInfo tensor : source.tensors().values()) {
      if (!Set.of(IDS, LABELS, MASK, TASKS).contains(tensor.name())) {
        throw problem(
            "tensor \"%s\" is unknown; allowed: %s, %s, %s, %s."
                .formatted(tensor.name(), IDS, LABELS, MASK, TASKS));
      }
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
      sequences.add(source.tensors().containsKey(TASKS) ? sequence.ofTask(task(row)) : sequence);
    }
    return TrainingData.of(sequences, 0);
  }

  private TokenSequence row(int row) {
    int[] ids = values(IDS, row, time, 0, Integer.MAX_VALUE);
    int[] mask = new int[time];
    Arrays.fill(mask, 1);
    if (source.tensors().containsKey(MASK)) {
      mask = values(MASK, row, time, 0, 1);
    }
    if (source.tensors().containsKey(LABELS)) {
      boolean classes = source.tensor(LABELS).shape().size() == 1;
      int[] labels =
          values(LABELS, row, classes ? 1 : time, TokenSequence.IGNORED, Integer.MAX_VALUE);
      return classes
          ? TokenSequence.classified(ids, labels[0], mask)
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
