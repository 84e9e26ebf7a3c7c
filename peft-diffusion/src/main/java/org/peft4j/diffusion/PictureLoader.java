package org.peft4j.diffusion;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.diffusion.internal.architecture.PictureArchitecture;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.config.ModelFolder;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.internal.weights.CheckpointReader;
import org.peft4j.transformers.internal.weights.HeldFormats;
import org.peft4j.transformers.internal.weights.OffloadedWeights;
import org.peft4j.transformers.internal.weights.TensorKeys;
import org.peft4j.transformers.internal.weights.WeightPages;
import org.peft4j.transformers.internal.weights.WeightStore;

/** Reads the weights of a folder into the model that an architecture describes. */
final class PictureLoader {
  private PictureLoader() {}

  static PictureModel load(
      Path folder, PictureArchitecture architecture, DiffusionOptions options) {
    return load(folder, architecture, keys(architecture), options);
  }

  /**
   * Reads the weights of a part of the model in a folder.
   *
   * @param other the rest of the model, whose tensors are checked for by another call
   */
  static PictureModel part(
      Path folder,
      PictureArchitecture architecture,
      PictureArchitecture other,
      DiffusionOptions options) {
    TensorKeys rest = keys(other);
    Set<String> ignored = new TreeSet<>(rest.shapes().keySet());
    ignored.addAll(other.formerKeys().values());
    TensorKeys own = keys(architecture);
    return load(
        folder,
        architecture,
        new TensorKeys(
            own.names(),
            own.shapes(),
            own.aliases(),
            ignored,
            own.inputsFirst(),
            own.optional(),
            own.exact(),
            own.leftOver()),
        options);
  }

  private static PictureModel load(
      Path folder, PictureArchitecture architecture, TensorKeys keys, DiffusionOptions options) {
    DataType matrices =
        options.precision() == Precision.BF16 ? DataType.BFLOAT16 : options.dataType();
    HeldFormats plain = HeldFormats.of(options.dataType(), matrices);
    HeldFormats formats =
        options
            .quantization()
            .map(
                bits ->
                    plain.quantizing(
                        bits,
                        architecture.sites().stream()
                            .filter(site -> site.kind() == SiteKind.LINEAR)))
            .orElse(plain);
    CheckpointReader reader = new CheckpointReader(folder, keys, formats, Optional.empty());
    WeightStore weights = reader.read(ModelFolder.weights(folder));
    try {
      return new PictureModel(
          architecture,
          weights,
          pages(options.offload(), architecture, weights),
          options.gradientCheckpointing());
    } catch (PeftException e) {
      weights.close();
      throw e;
    }
  }

  /** Where weights are offloaded, those of each stage but the small last one. */
  private static WeightPages pages(
      OptionalLong offload, PictureArchitecture architecture, WeightStore weights) {
    if (offload.isEmpty()) {
      return WeightPages.AS_THEY_ARE;
    }
    List<Map<String, SiteParameter>> stages = new ArrayList<>();
    for (Stage stage : architecture.stages()) {
      Map<String, SiteParameter> tensors = new TreeMap<>();
      if (!stage.equals(architecture.end())) {
        for (Site site : stage.sites()) {
          site.parameters().forEach(each -> tensors.put(TensorKeys.key(site, each), each));
        }
      }
      stages.add(tensors);
    }
    return OffloadedWeights.of(stages, weights, offload.getAsLong(), "");
  }

  private static TensorKeys keys(PictureArchitecture architecture) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    for (Site site : architecture.sites()) {
      site.parameters().forEach(each -> shapes.put(TensorKeys.key(site, each), each.shape()));
    }
    CheckpointNames names =
        new CheckpointNames(architecture.className(), architecture.className(), "model", Set.of())
            .withRenamed(architecture.formerKeys());
    return new TensorKeys(
        names, shapes, Map.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of());
  }
}
