package org.peft4j.transformers.internal.model;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.internal.batch.CurrentEncoder;
import org.peft4j.transformers.internal.batch.CurrentTexts;
import org.peft4j.transformers.internal.memory.KeptMemory;
import org.peft4j.transformers.internal.position.PassPatterns;
import org.peft4j.transformers.internal.position.RotaryTables;
import org.peft4j.transformers.internal.weights.WeightStore;

/**
 * What all layers of a loaded model share: its architecture and its frozen weights. Layer
 * configurations hold a transient reference to it and a key, because Deeplearning4j makes replicas
 * from a configuration's JSON.
 */
public final class FrozenModel implements AutoCloseable {
  private static final Map<String, WeakReference<FrozenModel>> REGISTRY = new ConcurrentHashMap<>();

  private final String key = UUID.randomUUID().toString();
  private final ModelArchitecture architecture;
  private final WeightStore weights;
  private final Map<AttentionPart.RotaryPositions, RotaryTables> rotary = new ConcurrentHashMap<>();
  private final PassPatterns patterns = new PassPatterns();
  private final CurrentEncoder encoder = new CurrentEncoder();
  private final CurrentTexts texts = new CurrentTexts();

  private final boolean checkpointing;
  private final double labelSmoothing;
  private final double neftuneAlpha;
  private final boolean interpolatesPositions;
  private final KeptMemory kept;

  /**
   * @param checkpointing whether blocks keep only their input for the backward pass
   */
  public FrozenModel(ModelArchitecture architecture, WeightStore weights, boolean checkpointing) {
    this(architecture, weights, checkpointing, 0, 0, false);
  }

  /**
   * A model whose loss of tokens may be smoothed, and its embeddings noisy in training.
   *
   * @param checkpointing whether blocks keep only their input for the backward pass
   * @param labelSmoothing ε, 0 for none
   * @param neftuneAlpha α, 0 for none
   * @param interpolatesPositions whether pictures may have another size than the model's
   */
  public FrozenModel(
      ModelArchitecture architecture,
      WeightStore weights,
      boolean checkpointing,
      double labelSmoothing,
      double neftuneAlpha,
      boolean interpolatesPositions) {
    this.interpolatesPositions = interpolatesPositions;
    this.labelSmoothing = labelSmoothing;
    this.neftuneAlpha = neftuneAlpha;
    this.architecture = architecture;
    this.weights = weights;
    this.checkpointing = checkpointing;
    this.kept = new KeptMemory(weights.dataType(), weights.matrices());
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
              + ") are not loaded in this process, and its file has none. Load the checkpoint with"
              + " Transformers.load and put the adapter on it.");
    }
    return model;
  }

  public String key() {
    return key;
  }

  public ModelArchitecture architecture() {
    return architecture;
  }

  public WeightStore weights() {
    return weights;
  }

  /** The memory of what layers keep for their backward pass. */
  public KeptMemory kept() {
    return kept;
  }

  public boolean checkpointing() {
    return checkpointing;
  }

  /** The ε of the loss of tokens; 0 for none. */
  public double labelSmoothing() {
    return labelSmoothing;
  }

  /** The α of the noise on embeddings in training; 0 for none. */
  public double neftuneAlpha() {
    return neftuneAlpha;
  }

  /** Whether the positions of pictures of another size are interpolated. */
  public boolean interpolatesPositions() {
    return interpolatesPositions;
  }

  /** The tables of rotary positions; all attentions with equal positions share them. */
  public RotaryTables rotary(AttentionPart.RotaryPositions positions) {
    return rotary.computeIfAbsent(
        positions, p -> new RotaryTables(p.rotary(), p.size(), p.interleaved()));
  }

  /** The patterns that the attentions of this thread's pass share. */
  public PassPatterns patterns() {
    return patterns;
  }

  /** What layers behind the blocks know of the texts of this thread's pass. */
  public CurrentTexts texts() {
    return texts;
  }

  /** The encoder's output in this thread's pass. */
  public CurrentEncoder encoder() {
    return encoder;
  }

  /** Frees the weights and the memory of activations. */
  @Override
  public void close() {
    REGISTRY.remove(key);
    patterns.begin();
    encoder.clear();
    weights.close();
    kept.close();
  }
}
