package org.peft4j.transformers.layer;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.memory.ActivationPool;
import org.peft4j.transformers.weights.WeightStore;

/**
 * What all layers of one loaded model share: its architecture and its frozen weights. Layer
 * configurations hold it by a transient reference and by a key, because Deeplearning4j makes
 * replicas from a configuration's JSON.
 */
public final class FrozenModel implements AutoCloseable {
  private static final Map<String, WeakReference<FrozenModel>> REGISTRY = new ConcurrentHashMap<>();

  private final String key = UUID.randomUUID().toString();
  private final ModelConfig config;
  private final WeightStore weights;
  private final ModelSites sites;
  private final PositionTables positions;

  private final boolean checkpointing;
  private final ActivationPool pool;
  private final PassPattern pattern = new PassPattern();

  /**
   * @param checkpointing whether blocks keep only their input for the backward pass
   */
  public FrozenModel(ModelConfig config, WeightStore weights, boolean checkpointing) {
    this.config = config;
    this.weights = weights;
    this.checkpointing = checkpointing;
    this.pool = new ActivationPool(weights.dataType());
    this.sites = new ModelSites(config);
    this.positions = new PositionTables(config.attention());
    REGISTRY.values().removeIf(reference -> reference.get() == null);
    REGISTRY.put(key, new WeakReference<>(this));
  }

  static FrozenModel lookUp(@Nullable String key) {
    WeakReference<FrozenModel> reference = key == null ? null : REGISTRY.get(key);
    FrozenModel model = reference == null ? null : reference.get();
    if (model == null) {
      throw new PeftException(
          "This network's frozen weights ("
              + key
              + ") are not loaded in this process: its file holds none. Load the checkpoint with"
              + " Transformers.load and put the adapter on it.");
    }
    return model;
  }

  String key() {
    return key;
  }

  public ModelConfig config() {
    return config;
  }

  public ModelSites sites() {
    return sites;
  }

  public WeightStore weights() {
    return weights;
  }

  ActivationPool pool() {
    return pool;
  }

  boolean checkpointing() {
    return checkpointing;
  }

  PositionTables positions() {
    return positions;
  }

  PassPattern pattern() {
    return pattern;
  }

  /** Frees the weights and the memory of activations. */
  @Override
  public void close() {
    REGISTRY.remove(key);
    weights.close();
    pool.close();
  }
}
