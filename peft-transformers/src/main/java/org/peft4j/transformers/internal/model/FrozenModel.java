package org.peft4j.transformers.internal.model;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.internal.attention.PassPattern;
import org.peft4j.transformers.internal.memory.ActivationPool;
import org.peft4j.transformers.internal.position.PositionTables;
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
  private final ModelArchitecture architecture;
  private final WeightStore weights;
  private final ModelSites sites;
  private final PositionTables positions;

  private final boolean checkpointing;
  private final ActivationPool pool;
  private final PassPattern pattern = new PassPattern();

  /**
   * @param checkpointing whether blocks keep only their input for the backward pass
   */
  public FrozenModel(
      ModelConfig config,
      ModelArchitecture architecture,
      WeightStore weights,
      boolean checkpointing) {
    this.config = config;
    this.architecture = architecture;
    this.weights = weights;
    this.checkpointing = checkpointing;
    this.pool = new ActivationPool(weights.dataType());
    this.sites = new ModelSites(architecture);
    this.positions = new PositionTables(config.attention());
    REGISTRY.values().removeIf(reference -> reference.get() == null);
    REGISTRY.put(key, new WeakReference<>(this));
  }

  public static FrozenModel lookUp(@Nullable String key) {
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

  public String key() {
    return key;
  }

  public ModelConfig config() {
    return config;
  }

  public ModelArchitecture architecture() {
    return architecture;
  }

  public ModelSites sites() {
    return sites;
  }

  public WeightStore weights() {
    return weights;
  }

  public ActivationPool pool() {
    return pool;
  }

  public boolean checkpointing() {
    return checkpointing;
  }

  public PositionTables positions() {
    return positions;
  }

  /** Which tokens see which in the pass of this thread. */
  public PassPattern pattern() {
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
