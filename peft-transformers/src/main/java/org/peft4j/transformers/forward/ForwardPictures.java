package org.peft4j.transformers.forward;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.PatchInput;
import org.peft4j.transformers.internal.head.Labelled;

/** The batch of a file for a model that reads pictures. */
final class ForwardPictures {
  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";
  private static final String LABELS = "labels";
  private static final String LOSS = "return_loss";
  static final String PIXELS = "pixel_values";
  static final String INTERPOLATE = "interpolate_pos_encoding";

  private ForwardPictures() {}

  /** Pictures and their labels, or texts and pictures. */
  static ForwardInputs read(TensorSource source, ModelArchitecture model) {
    if (model.encoder().isPresent()) {
      return captions(source, model);
    }
    return model.head() instanceof HeadPart.Pairs ? pairs(source, model) : alone(source, model);
  }

  /** Pictures and the texts that a decoder reads of them. */
  private static ForwardInputs captions(TensorSource source, ModelArchitecture model) {
    ForwardInputs.requireKnown(source, List.of(PIXELS, IDS, MASK, INTERPOLATE), List.of(LABELS));
    INDArray pixels = pixels(source, model);
    List<Long> shape = source.tensor(IDS).shape();
    long[] size = shape.stream().mapToLong(Long::longValue).toArray();
    if (size.length != 2 || size[0] != pixels.size(0) || size[1] < 1) {
      throw ForwardInputs.problem(
          source.path(),
          "%s has the shape %s; needed: [%d, length].".formatted(IDS, shape, pixels.size(0)));
    }
    int most = model.vocabularySize() - 1;
    for (String other : List.of(MASK, LABELS)) {
      if (source.tensors().containsKey(other) && !source.tensor(other).shape().equals(shape)) {
        throw ForwardInputs.problem(
            source.path(),
            "%s has the shape %s; needed: %s, as %s has."
                .formatted(other, source.tensor(other).shape(), shape, IDS));
      }
    }
    int[] ids = ForwardInputs.values(source, IDS, 0, most);
    Optional<INDArray> mask =
        ForwardInputs.optional(source, MASK, 0, 1).map(m -> ForwardInputs.array(m, size));
    Optional<INDArray> labels =
        ForwardInputs.optional(source, LABELS, Labelled.IGNORED, most)
            .map(l -> ForwardInputs.array(l, size));
    return new ForwardInputs(
        pixels,
        Optional.empty(),
        Optional.empty(),
        Optional.of(new ForwardInputs.DecoderInput(ForwardInputs.array(ids, size), mask)),
        labels,
        List.of(),
        Optional.empty());
  }

  private static ForwardInputs pairs(TensorSource source, ModelArchitecture model) {
    ForwardInputs.requireKnown(source, List.of(IDS, MASK, PIXELS, INTERPOLATE, LOSS), List.of());
    List<Long> shape = source.tensor(IDS).shape();
    if (shape.size() != 2 || shape.contains(0L)) {
      throw ForwardInputs.problem(
          source.path(), IDS + " has the shape " + shape + "; needed: [texts, time].");
    }
    long[] size = shape.stream().mapToLong(Long::longValue).toArray();
    int[] ids = ForwardInputs.values(source, IDS, 0, model.vocabularySize() - 1);
    Optional<int[]> mask = ForwardInputs.optional(source, MASK, 0, 1);
    mask.filter(values -> values.length != ids.length)
        .ifPresent(
            values -> {
              throw ForwardInputs.problem(
                  source.path(),
                  "%s has the shape %s; needed: %s, as %s has."
                      .formatted(MASK, source.tensor(MASK).shape(), shape, IDS));
            });
    boolean loss =
        ForwardInputs.optional(source, LOSS, 0, 1).filter(flag -> flag[0] == 1).isPresent();
    int[] numbers = IntStream.range(0, Math.toIntExact(size[0])).toArray();
    return new ForwardInputs(
        ForwardInputs.array(ids, size),
        mask.map(values -> ForwardInputs.array(values, size)),
        Optional.empty(),
        Optional.empty(),
        loss
            ? Optional.of(ForwardInputs.array(numbers, new long[] {size[0], 1}))
            : Optional.empty(),
        List.of(),
        Optional.of(pixels(source, model)));
  }

  private static ForwardInputs alone(TensorSource source, ModelArchitecture model) {
    ForwardLabels wanted = ForwardLabels.of(model);
    ForwardInputs.requireKnown(source, List.of(PIXELS, INTERPOLATE), wanted.names());
    INDArray pixels = pixels(source, model);
    long batch = pixels.size(0);
    Optional<INDArray> labels = wanted.read(source, batch, List.of(batch));
    return new ForwardInputs(
        pixels,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        labels,
        List.of(),
        Optional.empty());
  }

  /** {@code pixel_values}, in single precision. */
  static INDArray pixels(TensorSource source, ModelArchitecture model) {
    PatchInput pictures = model.pictures().orElseThrow();
    TensorInfo info = source.tensor(PIXELS);
    List<Long> shape = info.shape();
    if (shape.size() != 4 || shape.contains(0L) || shape.get(1) != pictures.channels()) {
      throw ForwardInputs.problem(
          source.path(),
          "%s has the shape %s; needed: [batch, %d, height, width]."
              .formatted(PIXELS, shape, pictures.channels()));
    }
    if (!info.dtype().isFloating()) {
      throw ForwardInputs.problem(
          source.path(), PIXELS + " is of type " + info.dtype() + "; needed: floating point.");
    }
    float[] values = new float[Math.toIntExact(info.elementCount())];
    source.readFloats(PIXELS, 0, values, 0, values.length);
    long[] size = shape.stream().mapToLong(Long::longValue).toArray();
    return Nd4j.createFromArray(values).reshape('c', size);
  }
}
