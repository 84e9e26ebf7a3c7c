package org.peft4j.diffusion.internal.model;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.peft4j.diffusion.internal.architecture.PictureArchitecture;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.memory.KeptMemory;
import org.peft4j.transformers.internal.weights.WeightPages;
import org.peft4j.transformers.internal.weights.WeightStore;

/**
 * What all layers of a loaded model share: its architecture and its frozen weights. Layer
 * configurations hold a key to it, because Deeplearning4j makes replicas from a configuration's
 * JSON.
 */
public final class PictureModel implements AutoCloseable {
  private static final Map<String, WeakReference<PictureModel>> REGISTRY =
      new ConcurrentHashMap<>();

  private final String key = UUID.randomUUID().toString();
  private final PictureArchitecture architecture;
  private final WeightStore weights;
  private final WeightPages pages;
  private final boolean checkpointing;
  private final KeptMemory kept;
  private final ThreadLocal<PicturePass> pass = ThreadLocal.withInitial(PicturePass::new);

  /**
   * @param pages where the weights of each stage are while it runs
   * @param checkpointing whether layers keep only their input for the backward pass
   */
  public PictureModel(
      PictureArchitecture architecture,
      WeightStore weights,
      WeightPages pages,
      boolean checkpointing) {
    this.architecture = architecture;
    this.weights = weights;
    this.pages = pages;
    this.checkpointing = checkpointing;
    this.kept = new KeptMemory(weights.dataType(), weights.matrices());
    REGISTRY.values().removeIf(reference -> reference.get() == null);
    REGISTRY.put(key, new WeakReference<>(this));
  }

  /** The model with that key. */
  public static PictureModel lookUp(@Nullable String key) {
    WeakReference<PictureModel> reference = key == null ? null : REGISTRY.get(key);
    PictureModel model = reference == null ? null : reference.get();
    if (model == null) {
      throw new PeftException(
          "This network's frozen weights ("
              + key
              + ") are not loaded in this process, and its file has none. Load the checkpoint with"
              + " Diffusion.loadUNet and put the adapter on it.");
    }
    return model;
  }

  public String key() {
    return key;
  }

  public PictureArchitecture architecture() {
    return architecture;
  }

  public WeightStore weights() {
    return weights;
  }

  /** Where the weights of each stage are while it runs. */
  public WeightPages pages() {
    return pages;
  }

  public boolean checkpointing() {
    return checkpointing;
  }

  /** The memory of what layers keep for their backward pass. */
  public KeptMemory kept() {
    return kept;
  }

  /** What the layers of this thread's pass share. */
  public PicturePass pass() {
    return pass.get();
  }

  /** Frees the weights and the memory of activations. */
  @Override
  public void close() {
    REGISTRY.remove(key);
    pass.get().begin();
    weights.close();
    kept.close();
  }
}
