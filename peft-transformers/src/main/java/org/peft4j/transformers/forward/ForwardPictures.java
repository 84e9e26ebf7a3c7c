package org.peft4j.transformers.forward;

import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.PatchInput;

/** The batch of a file for a model that reads pictures. */
final class ForwardPictures {
  static final String PIXELS = "pixel_values";
  static final String INTERPOLATE = "interpolate_pos_encoding";

  private ForwardPictures() {}

  /** Pictures and their labels. */
  static ForwardInputs read(TensorSource source, ModelArchitecture model) {
    ForwardLabels wanted = ForwardLabels.of(model);
    ForwardInputs.requireKnown(source, List.of(PIXELS, INTERPOLATE), wanted.names());
    INDArray pixels = pixels(source, model);
    long batch = pixels.size(0);
    Optional<INDArray> labels = wanted.read(source, batch, List.of(batch));
    return new ForwardInputs(
        pixels, Optional.empty(), Optional.empty(), Optional.empty(), labels, List.of());
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
