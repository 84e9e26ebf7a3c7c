package org.peft4j.transformers.forward;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Scratch;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;

/**
 * A batch for one pass, all INT32 [batch, time] except a classifier's labels.
 *
 * @param inputIds token ids
 * @param attentionMask 1 for a token, 0 for padding; empty if nothing is padding
 * @param labels token ids, −100 for no label; class numbers [batch, 1] for a classifier; empty for
 *     no loss
 * @param tasks the task of each sequence, for multitask prompts; empty for none
 */
public record ForwardInputs(
    INDArray inputIds,
    Optional<INDArray> attentionMask,
    Optional<INDArray> labels,
    List<Integer> tasks)
    implements AutoCloseable {
  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";
  private static final String LABELS = "labels";
  private static final String TASKS = "task_ids";
  private static final int IGNORED = -100;

  /**
   * Reads {@code input_ids}, and {@code attention_mask}, {@code labels} and {@code task_ids}
   * [batch] if present, of any integer type. Labels are [batch] for a classifier.
   *
   * @param model the model that will read the batch
   * @throws PeftException if the file is broken, lacks {@code input_ids} or has an unknown tensor,
   *     or if a shape, a type or a value is not allowed
   */
  public static ForwardInputs read(Path file, ModelArchitecture model) {
    try (TensorSource source = TensorSource.open(file)) {
      List<Long> shape = source.tensor(IDS).shape();
      if (shape.size() != 2 || shape.contains(0L)) {
        throw problem(file, IDS + " has the shape " + shape + "; needed: [batch, time].");
      }
      for (TensorInfo tensor : source.tensors().values()) {
        if (!List.of(IDS, MASK, LABELS, TASKS).contains(tensor.name())) {
          throw problem(
              file,
              "unknown tensor \"%s\"; allowed: %s, %s, %s, %s."
                  .formatted(tensor.name(), IDS, MASK, LABELS, TASKS));
        }
        boolean ofRows =
            tensor.name().equals(TASKS)
                || tensor.name().equals(LABELS) && model.head() instanceof HeadPart.Sequence;
        List<Long> needed = ofRows ? shape.subList(0, 1) : shape;
        if (!tensor.shape().equals(needed)) {
          throw problem(
              file,
              "%s has the shape %s; needed: %s, as %s has %s."
                  .formatted(tensor.name(), tensor.shape(), needed, IDS, shape));
        }
      }
      // Reads, and so checks, all tensors before it makes the first array.
      int[] ids = values(source, IDS, 0, model.vocabularySize() - 1);
      Optional<int[]> mask = optional(source, MASK, 0, 1);
      Optional<int[]> labels = optional(source, LABELS, IGNORED, model.head().outputs() - 1);
      int[] tasks = optional(source, TASKS, 0, Integer.MAX_VALUE).orElse(new int[0]);
      long[] size = shape.stream().mapToLong(Long::longValue).toArray();
      long[] labelled = model.head() instanceof HeadPart.Sequence ? new long[] {size[0], 1} : size;
      return new ForwardInputs(
          array(ids, size),
          mask.map(m -> array(m, size)),
          labels.map(l -> array(l, labelled)),
          Arrays.stream(tasks).boxed().toList());
    }
  }

  private static Optional<int[]> optional(TensorSource source, String name, int least, int most) {
    return source.tensors().containsKey(name)
        ? Optional.of(values(source, name, least, most))
        : Optional.empty();
  }

  private static int[] values(TensorSource source, String name, int least, int most) {
    long[] values = new long[Math.toIntExact(source.tensor(name).elementCount())];
    source.readLongs(name, 0, values, 0, values.length);
    for (long value : values) {
      if ((value < least || value > most) || (value < 0 && value != IGNORED)) {
        String ignored = least < 0 ? IGNORED + ", or " : "";
        throw problem(
            source.path(),
            "%s holds %d; allowed: %s%d to %d."
                .formatted(name, value, ignored, Math.max(0, least), most));
      }
    }
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  private static INDArray array(int[] values, long[] shape) {
    return Nd4j.createFromArray(values).reshape('c', shape);
  }

  private static PeftException problem(Path file, String text) {
    return new PeftException(file + ": " + text);
  }

  @Override
  public void close() {
    Scratch.release(inputIds);
    attentionMask.ifPresent(Scratch::release);
    labels.ifPresent(Scratch::release);
  }
}
