package org.peft4j.transformers.forward;

import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.internal.head.Labelled;

/**
 * The labels of a file, as the head of a model takes them.
 *
 * @param outputs the number of logits of each sequence or token; 0 without logits
 */
record ForwardLabels(HeadPart head, int outputs) {
  private static final String LABELS = "labels";
  private static final List<String> ENDS = List.of("start_positions", "end_positions");

  static ForwardLabels of(ModelArchitecture model) {
    int outputs = model.head() instanceof HeadPart.Output output ? output.outputs() : 0;
    return new ForwardLabels(model.head(), outputs);
  }

  /** The tensors that labels may be in. */
  List<String> names() {
    if (!(head instanceof HeadPart.Output)) {
      return List.of();
    }
    return head instanceof HeadPart.Span ? ENDS : List.of(LABELS);
  }

  /** Whether labels are of sequences, not of tokens. */
  boolean ofSequences() {
    return head instanceof HeadPart.Sequence || head instanceof HeadPart.Span;
  }

  /**
   * Reads the labels; none if the file has none.
   *
   * @param batch the number of sequences
   * @param tokens the shape of labels of tokens, which is known to be the tensor's
   */
  Optional<INDArray> read(TensorSource source, long batch, List<Long> tokens) {
    List<String> there = names().stream().filter(source.tensors()::containsKey).toList();
    if (there.isEmpty()) {
      return Optional.empty();
    }
    if (head instanceof HeadPart.Span) {
      return Optional.of(ends(source, batch, there));
    }
    boolean numbers =
        head instanceof HeadPart.Sequence sequence
            && sequence.problem() != ProblemType.SINGLE_LABEL_CLASSIFICATION;
    if (numbers) {
      return Optional.of(numbers(source, batch));
    }
    long[] shape = tokens.stream().mapToLong(Long::longValue).toArray();
    if (ofSequences()) {
      if (!source.tensor(LABELS).shape().equals(List.of(batch, 1L))) {
        requireShape(source, LABELS, List.of(batch));
      }
      shape = new long[] {batch, 1};
    }
    int[] values = ForwardInputs.values(source, LABELS, Labelled.IGNORED, outputs - 1);
    return Optional.of(ForwardInputs.array(values, shape));
  }

  private static INDArray ends(TensorSource source, long batch, List<String> there) {
    if (there.size() < ENDS.size()) {
      throw ForwardInputs.problem(
          source.path(), "there is only " + there.get(0) + "; needed: both of " + ENDS + ".");
    }
    int[] both = new int[Math.toIntExact(2 * batch)];
    for (int end = 0; end < ENDS.size(); end++) {
      requireShape(source, ENDS.get(end), List.of(batch));
      int[] values =
          ForwardInputs.values(source, ENDS.get(end), Labelled.IGNORED, Integer.MAX_VALUE);
      for (int row = 0; row < batch; row++) {
        both[2 * row + end] = values[row];
      }
    }
    return ForwardInputs.array(both, new long[] {batch, 2});
  }

  /** Numbers of any type: [batch, outputs], or [batch] for a single output. */
  private INDArray numbers(TensorSource source, long batch) {
    TensorInfo info = source.tensor(LABELS);
    if (!(outputs == 1 && info.shape().equals(List.of(batch)))) {
      requireShape(source, LABELS, List.of(batch, (long) outputs));
    }
    float[] values = new float[Math.toIntExact(info.elementCount())];
    if (info.dtype().isFloating()) {
      source.readFloats(LABELS, 0, values, 0, values.length);
    } else {
      long[] whole = new long[values.length];
      source.readLongs(LABELS, 0, whole, 0, whole.length);
      for (int i = 0; i < whole.length; i++) {
        values[i] = whole[i];
      }
    }
    return Nd4j.createFromArray(values).reshape('c', batch, outputs);
  }

  private static void requireShape(TensorSource source, String name, List<Long> needed) {
    List<Long> shape = source.tensor(name).shape();
    if (!shape.equals(needed)) {
      throw ForwardInputs.problem(
          source.path(), "%s has the shape %s; needed: %s.".formatted(name, shape, needed));
    }
  }
}
