package org.peft4j.transformers;

import java.nio.file.Path;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.PeftConfig;
import org.peft4j.PeftException;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.config.ModelConfigReader;
import org.peft4j.transformers.layer.FrozenModel;
import org.peft4j.transformers.layer.ModelSites;
import org.peft4j.transformers.plan.TrainingBatch;
import org.peft4j.transformers.plan.TransformerPlan;
import org.peft4j.transformers.plan.TransformerPlanner;
import org.peft4j.transformers.weights.CheckpointReader;
import org.peft4j.transformers.weights.TensorKeys;
import org.peft4j.transformers.weights.WeightStore;

/**
 * Loads Hugging Face checkpoint folders: {@code config.json} and {@code model.safetensors}, whole
 * or in shards. Supported families: Llama, Mistral and Qwen2 with attention to all positions,
 * GPT-2.
 */
public final class Transformers {
  private Transformers() {}

  /**
   * Tells what an adapter of {@code config} would be on a checkpoint, and what training it would
   * take, from its {@code config.json} alone.
   *
   * @param path a {@code config.json}, or a folder with one, of a supported family, T5 or mT5
   * @throws PeftException if there is none, or the config is impossible for the model
   */
  public static TransformerPlan plan(Path path, PeftConfig config, TrainingBatch batch) {
    return TransformerPlanner.plan(path, config, batch);
  }

  /** Loads a checkpoint with {@link TransformerOptions#defaults()}. */
  public static CausalLanguageModel load(Path folder) {
    return load(folder, TransformerOptions.defaults());
  }

  /**
   * Loads a checkpoint. Weights that the file holds in the type asked for are mapped, not copied:
   * the file must stay as it is while the model is open. Others are converted.
   *
   * @throws PeftException if the family or a setting is not supported, or if a tensor is missing,
   *     unexpected or of another shape
   */
  public static CausalLanguageModel load(Path folder, TransformerOptions options) {
    ModelConfig config = ModelConfigReader.read(folder);
    ModelSites sites = new ModelSites(config);
    TensorKeys keys = TensorKeys.of(config, sites.all(), sites.tokenTable());
    DataType matrices =
        options.precision() == Precision.BF16 ? DataType.BFLOAT16 : options.dataType();
    WeightStore weights = new CheckpointReader(folder, keys, options.dataType(), matrices).read();
    FrozenModel model = new FrozenModel(config, weights, options.gradientCheckpointing());
    return new CausalLanguageModel(folder, model, options);
  }
}
