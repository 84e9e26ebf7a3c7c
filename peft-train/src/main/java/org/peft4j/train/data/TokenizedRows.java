package org.peft4j.train.data;

import java.util.Arrays;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.TensorSource;

/** The tensors of a file of tokens, row by row. */
final class TokenizedRows {
  static final String IDS = "input_ids";

  private final TensorSource source;
  private final int rows;
  private final int time;

  /**
   * The rows of {@code input_ids} [rows, time].
   *
   * @throws PeftException if there are none
   */
  TokenizedRows(TensorSource source) {
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

  int count() {
    return rows;
  }

  int time() {
    return time;
  }

  boolean has(String name) {
    return source.tensors().containsKey(name);
  }

  /** The shape of a tensor that is there. */
  List<Long> shape(String name) {
    return source.tensor(name).shape();
  }

  boolean isFloating(String name) {
    return source.tensor(name).dtype().isFloating();
  }

  /**
   * Fails if there is a tensor of another name.
   *
   * @throws PeftException with the names that are allowed
   */
  void requireKnown(List<String> names) {
    for (String name : source.tensors().keySet()) {
      if (!names.contains(name)) {
        throw problem(
            "tensor \"%s\" is unknown; allowed: %s.".formatted(name, String.join(", ", names)));
      }
    }
  }

  /** Fails if a tensor is there and has another shape; {@code other} is why it should have it. */
  void requireShape(String name, List<Long> shape, String other) {
    if (has(name) && !shape(name).equals(shape)) {
      throw problem(
          "%s has the shape %s; needed: %s, as %s has %s."
              .formatted(name, shape(name), shape, other, shape(other)));
    }
  }

  /** The shape of something that each row has one of. */
  List<Long> ofRows() {
    return List.of((long) rows);
  }

  /** A row of whole numbers. */
  int[] values(String name, int row, int size, int least, int most) {
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

  /** A row of numbers of any type. */
  float[] numbers(String name, int row, int size) {
    float[] values = new float[size];
    if (isFloating(name)) {
      source.readFloats(name, (long) row * size, values, 0, size);
    } else {
      long[] whole = new long[size];
      source.readLongs(name, (long) row * size, whole, 0, size);
      for (int i = 0; i < size; i++) {
        values[i] = whole[i];
      }
    }
    return values;
  }

  /** A row of a mask, all 1 if there is none. */
  int[] mask(String name, int row, int size) {
    return has(name) ? values(name, row, size, 0, 1) : TokenSequence.ones(size);
  }

  PeftException problem(String text) {
    return new PeftException(source.path() + ": " + text);
  }
}
