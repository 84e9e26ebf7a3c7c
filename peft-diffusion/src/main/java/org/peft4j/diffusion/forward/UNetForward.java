package org.peft4j.diffusion.forward;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.diffusion.UNet;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * The results of one pass of a batch through a UNet, without dropout: {@code sample} [batch,
 * channels, height, width]; with a {@code target} of that shape, {@code loss} [1], the mean squared
 * error; and on request {@code grad.<key>}, the loss' gradient for each adapter tensor by its key
 * in an adapter file.
 */
public final class UNetForward implements AutoCloseable {
  private static final String SAMPLE = "sample";
  private static final String STEP = "timestep";
  private static final String TEXT = "encoder_hidden_states";
  private static final String TARGET = "target";
  private static final List<String> INPUTS = List.of(SAMPLE, STEP, TEXT, TARGET);

  private final Map<String, INDArray> results = new LinkedHashMap<>();

  private UNetForward() {}

  /**
   * Runs a UNet with the adapters that act.
   *
   * @param inputs safetensors with {@code sample} [batch, channels, height, width], {@code
   *     timestep} [batch], {@code encoder_hidden_states} [batch, tokens, width] and, for a loss,
   *     {@code target}
   * @param gradients whether the gradients of the default adapter are wanted
   * @throws PeftException if the file is broken, or a tensor is missing, unknown or of another
   *     shape; or if gradients are wanted and there is no target, or no adapter
   */
  public static UNetForward of(UNet unet, Path inputs, boolean gradients) {
    Map<String, INDArray> batch = read(inputs);
    INDArray steps = Objects.requireNonNull(batch.get(STEP));
    INDArray[] features = {batch.get(SAMPLE), steps.reshape(steps.length(), 1), batch.get(TEXT)};
    Optional<INDArray> target = Optional.ofNullable(batch.get(TARGET));
    UNetForward pass = new UNetForward();
    ComputationGraph graph = unet.network();
    pass.results.put(SAMPLE, unet.predict(features[0], features[1], features[2]));
    if (target.isPresent()) {
      INDArray[] labels = {target.get()};
      double loss = graph.score(new MultiDataSet(features, labels), false);
      pass.results.put("loss", Nd4j.createFromArray((float) loss));
    }
    if (gradients) {
      pass.addGradients(unet, features, target);
    }
    graph.clear();
    return pass;
  }

  private void addGradients(UNet unet, INDArray[] features, Optional<INDArray> target) {
    PeftModel<ComputationGraph> model =
        unet.adapters()
            .orElseThrow(() -> new PeftException("Gradients are of an adapter; there is none."));
    INDArray wanted =
        target.orElseThrow(
            () ->
                new PeftException(
                    "Gradients need a loss, and there is no target. Add the tensor target, or ask"
                        + " for no gradients."));
    ComputationGraph graph = model.network();
    try (AdapterScope plain = model.training().withoutDropout()) {
      graph.setInputs(features);
      graph.setLabels(wanted);
      graph.computeGradientAndScore();
      model
          .adapter(Peft.DEFAULT_ADAPTER)
          .gradients()
          .forEach((key, value) -> results.put("grad." + key, DetachedArrays.copy(value)));
    }
  }

  private static Map<String, INDArray> read(Path file) {
    Map<String, INDArray> batch = new LinkedHashMap<>();
    try (TensorSource source = TensorSource.open(file)) {
      for (TensorInfo info : source.tensors().values()) {
        if (!INPUTS.contains(info.name())) {
          throw new PeftException(
              file
                  + " has a tensor "
                  + info.name()
                  + "; a UNet reads "
                  + String.join(", ", INPUTS)
                  + ".");
        }
        batch.put(info.name(), array(source, info));
      }
    }
    for (String needed : List.of(SAMPLE, STEP, TEXT)) {
      if (!batch.containsKey(needed)) {
        throw new PeftException(file + " has no tensor " + needed + ", which a UNet reads.");
      }
    }
    return batch;
  }

  private static INDArray array(TensorSource source, TensorInfo info) {
    float[] values = new float[Math.toIntExact(info.elementCount())];
    if (info.dtype() == DType.I64 || info.dtype() == DType.I32) {
      long[] whole = new long[values.length];
      source.readLongs(info.name(), 0, whole, 0, whole.length);
      for (int i = 0; i < whole.length; i++) {
        values[i] = whole[i];
      }
    } else {
      source.readFloats(info.name(), 0, values, 0, values.length);
    }
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    return Nd4j.createFromArray(values).reshape('c', shape);
  }

  /** The results by name; valid until this is closed. */
  public Map<String, INDArray> results() {
    return Collections.unmodifiableMap(results);
  }

  /**
   * Writes the results to a safetensors file, as F32.
   *
   * @throws PeftException if the file cannot be written; an earlier file then does not change
   */
  public void write(Path file) {
    Map<String, INDArray> singles = new LinkedHashMap<>();
    results.forEach((name, value) -> singles.put(name, value.castTo(DataType.FLOAT)));
    TensorFile.write(file, singles, Map.of("format", "pt"));
  }

  @Override
  public void close() {
    results.values().forEach(INDArray::close);
  }
}
