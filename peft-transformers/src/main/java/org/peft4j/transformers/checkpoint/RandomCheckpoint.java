package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.safetensors.DType;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.architecture.ConvolutionPart;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModuleParameter;
import org.peft4j.transformers.architecture.ModulePart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.PatchInput;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.weights.TensorKeys;

/**
 * A checkpoint with random weights, distributed as Hugging Face transformers initialises a new
 * model: matrices and embeddings normal with the deviations that the model's family gives them,
 * padding rows and biases 0, norms 1, sinusoids computed. The values depend only on the seed and
 * each tensor's name.
 */
public final class RandomCheckpoint {
  private static final long SHARD_BYTES = 5_000_000_000L;

  private final ModelArchitecture model;
  private final long seed;

  private RandomCheckpoint(ModelArchitecture model, long seed) {
    this.model = model;
    this.seed = seed;
  }

  /**
   * Writes a checkpoint of FP32 weights and loads it once to verify it.
   *
   * @param configJson a {@code config.json} of a supported family
   * @param folder where to write; replaces a checkpoint at that path
   * @throws PeftException if the config is not supported, or the folder contains anything that does
   *     not belong to a checkpoint, or cannot be written
   */
  public static void init(Path configJson, Path folder, long seed) {
    if (!Files.isRegularFile(configJson)) {
      throw new PeftException("There is no file " + configJson + "; give a config.json.");
    }
    ModelArchitecture model = Families.read(configJson);
    ObjectNode json = normalised(CheckpointFiles.JSON.readObject(configJson), model);
    RandomCheckpoint checkpoint = new RandomCheckpoint(model, seed);
    List<CheckpointTensor> tensors = checkpoint.tensors();
    OutputFolder.write(
        folder,
        Shards.bytes(tensors),
        temporary -> {
          JsonWriter.write(temporary.resolve(CheckpointFiles.CONFIG), json);
          Shards.write(temporary, tensors, SHARD_BYTES);
          try (TransformerModel loaded =
              Transformers.open(temporary, TransformerOptions.defaults())) {
            requireCount(loaded, tensors);
          }
        });
  }

  private static void requireCount(TransformerModel loaded, List<CheckpointTensor> written) {
    long count = written.stream().mapToLong(CheckpointTensor::elements).sum();
    if (loaded.parameterCount() != count) {
      throw new PeftException(
          "The checkpoint was written with "
              + count
              + " parameters, but "
              + loaded.parameterCount()
              + " were read.");
    }
  }

  private static ObjectNode normalised(ObjectNode json, ModelArchitecture model) {
    json.putArray("architectures").add(model.names().className());
    json.put("tie_word_embeddings", model.head().tied());
    DtypeNames.put(json, DType.F32);
    return json;
  }

  private List<CheckpointTensor> tensors() {
    List<CheckpointTensor> tensors = new ArrayList<>();
    for (ModuleParameter each : model.distinctParameters()) {
      tensors.add(
          new CheckpointTensor(
              model.names().stored(TensorKeys.key(each.module(), each.parameter())),
              DType.F32,
              each.parameter().shape(),
              values(each.module(), each.parameter())));
    }
    return tensors;
  }

  private CheckpointTensor.Values values(ModulePart module, SiteParameter parameter) {
    long count = parameter.count();
    if (parameter.bias()) {
      return new ConstantValues(0, count);
    }
    if (module instanceof HeadPart.Scale scale) {
      return new ConstantValues((float) scale.first(), count);
    }
    if (module instanceof NormPart norm) {
      return new ConstantValues(norm.kind() == NormPart.Kind.RMS_ONE_PLUS ? 0 : 1, count);
    }
    if (module instanceof EmbeddingPart table && table.sinusoids()) {
      return new PositionValues(table.rows(), Math.toIntExact(table.width()));
    }
    if (module instanceof EmbeddingPart table) {
      return new NormalValues(seed, table.deviation(), count, padding(table));
    }
    return new NormalValues(seed, deviation(module), count, NormalValues.Range.NONE);
  }

  private static double deviation(ModulePart module) {
    if (module instanceof PatchInput.Learnt learnt) {
      return learnt.deviation();
    }
    return module instanceof ConvolutionPart convolution
        ? convolution.deviation()
        : ((LinearPart) module).deviation();
  }

  private static NormalValues.Range padding(EmbeddingPart table) {
    if (table.padding().isEmpty()) {
      return NormalValues.Range.NONE;
    }
    long from = table.padding().getAsInt() * table.width();
    return new NormalValues.Range(from, from + table.width());
  }
}
