package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.Family;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.config.ModelConfigReader;
import org.peft4j.transformers.internal.model.ModelSites;

/**
 * A checkpoint with random weights, distributed as Hugging Face transformers initialises a new
 * model: matrices and embeddings normal with deviation {@code initializer_range}, GPT-2's residual
 * projections with {@code initializer_range/√(2·n_layer)}, biases 0, norms 1. The values depend on
 * the seed and each tensor's name alone.
 */
public final class RandomCheckpoint {
  private static final long SHARD_BYTES = 5_000_000_000L;

  private final ModelConfig config;
  private final long seed;

  private RandomCheckpoint(ModelConfig config, long seed) {
    this.config = config;
    this.seed = seed;
  }

  /**
   * Writes a checkpoint of FP32 weights and loads it once to verify it.
   *
   * @param configJson a {@code config.json} of a supported family
   * @param folder where to write to; a checkpoint that is there is replaced
   * @throws PeftException if the config is not supported, or the folder holds anything that is no
   *     part of a checkpoint, or cannot be written
   */
  public static void init(Path configJson, Path folder, long seed) {
    if (!Files.isRegularFile(configJson)) {
      throw new PeftException("There is no file " + configJson + "; give a config.json.");
    }
    ModelConfig config = ModelConfigReader.readFile(configJson);
    ObjectNode json = normalised(JsonFile.read(configJson), config);
    RandomCheckpoint checkpoint = new RandomCheckpoint(config, seed);
    OutputFolder.write(
        folder,
        temporary -> {
          JsonFile.write(temporary.resolve(CheckpointFiles.CONFIG), json);
          Shards.write(temporary, checkpoint.tensors(), SHARD_BYTES);
          try (TransformerModel loaded =
              Transformers.open(temporary, TransformerOptions.defaults())) {
            requireCount(loaded, checkpoint);
          }
        });
  }

  private static void requireCount(TransformerModel loaded, RandomCheckpoint written) {
    long count = written.tensors().stream().mapToLong(CheckpointTensor::elements).sum();
    if (loaded.parameterCount() != count) {
      throw new PeftException(
          "The checkpoint was written with "
              + count
              + " parameters, but "
              + loaded.parameterCount()
              + " were read.");
    }
  }

  private static ObjectNode normalised(ObjectNode json, ModelConfig config) {
    json.putArray("architectures").add(config.family().architecture(config.labels().isPresent()));
    json.put("tie_word_embeddings", config.tiedHead());
    DtypeNames.put(json, DType.F32);
    return json;
  }

  private List<CheckpointTensor> tensors() {
    ModelSites sites = new ModelSites(config);
    List<CheckpointTensor> tensors = new ArrayList<>();
    for (Site site : sites.all()) {
      if (!(config.tiedHead() && site.name().equals("lm_head"))) {
        site.parameters().forEach(parameter -> tensors.add(tensor(site, parameter, sites)));
      }
    }
    return tensors;
  }

  private CheckpointTensor tensor(Site site, SiteParameter parameter, ModelSites sites) {
    String name = site.name() + "." + parameter.name();
    CheckpointTensor.Values values =
        switch (site.kind()) {
          case NORM -> new ConstantValues(parameter.bias() ? 0 : 1, parameter.count());
          default ->
              parameter.bias()
                  ? new ConstantValues(0, parameter.count())
                  : new NormalValues(seed, deviation(name), parameter.count(), zeros(name, sites));
        };
    return new CheckpointTensor(name, DType.F32, parameter.shape(), values);
  }

  private double deviation(String name) {
    double range = config.initializerRange();
    return name.endsWith("c_proj.weight") ? range / Math.sqrt(2.0 * config.layers()) : range;
  }

  /** Elements that are zero all the same: the embedding of Llama's padding token. */
  private NormalValues.Range zeros(String name, ModelSites sites) {
    int width = config.hiddenSize();
    int padding = config.tokens().padding().orElse(config.vocabularySize());
    boolean embedded = name.equals(sites.tokenTable()) && config.family() != Family.GPT2;
    return embedded && padding < config.vocabularySize()
        ? new NormalValues.Range((long) padding * width, (padding + 1L) * width)
        : NormalValues.Range.NONE;
  }
}
