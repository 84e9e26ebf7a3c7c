package org.peft4j.transformers.checkpoint;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.error.PeftException;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.start.OriginalWeights;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.internal.family.QuantizationFields;
import org.peft4j.transformers.internal.weights.HeldFormats;
import org.peft4j.transformers.internal.weights.TensorKeys;
import org.peft4j.weight.FrozenWeight;

/** The checkpoint that a model was quantised from, of which one tensor at a time is read. */
public final class OriginalCheckpoint implements OriginalWeights {
  private static final HeldFormats FORMATS = HeldFormats.of(DataType.FLOAT, DataType.FLOAT);

  private final Path folder;
  private final TensorKeys keys;
  private final TensorSource source;
  private final Map<String, TensorInfo> tensors = new HashMap<>();

  private OriginalCheckpoint(Path folder, TensorKeys keys, TensorSource source) {
    this.folder = folder;
    this.keys = keys;
    this.source = source;
    for (TensorInfo tensor : source.tensors().values()) {
      keys.canonical(tensor.name()).ifPresent(key -> tensors.put(key, tensor));
    }
  }

  /**
   * Opens the weights in a folder.
   *
   * @param model the quantised one
   * @throws PeftException if there are none, or they are in fewer bits themselves
   */
  public static OriginalCheckpoint open(Path folder, TransformerModel model) {
    if (QuantizationFields.of(folder).isPresent()) {
      throw new PeftException(
          folder
              + " holds its weights in fewer bits (quantization_config in its config.json). Give the"
              + " checkpoint that the base was quantised from.");
    }
    return new OriginalCheckpoint(
        folder, TensorKeys.of(model.architecture()), WeightFiles.open(folder));
  }

  @Override
  public FrozenWeight weight(Site site) {
    String key = TensorKeys.key(site, site.parameters().get(0));
    TensorInfo tensor = tensors.get(key);
    List<Long> shape = site.parameters().get(0).shape();
    if (tensor == null || !tensor.shape().equals(shape) || !tensor.dtype().isFloating()) {
      throw new PeftException(
          "%s has %s; the original of %s is floating point of shape %s. Give the checkpoint that the base was quantised from."
              .formatted(
                  folder,
                  tensor == null
                      ? "no tensor " + key
                      : key + " of type " + tensor.dtype() + " and shape " + tensor.shape(),
                  site.name(),
                  shape));
    }
    return FORMATS.read(key, source, tensor, keys.view(key));
  }

  @Override
  public void close() {
    source.close();
  }
}
