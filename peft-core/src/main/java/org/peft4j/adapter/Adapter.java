package org.peft4j.adapter;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;

/**
 * The trainable parameters at one {@link Site} for one named adapter, and the rule that they follow
 * there. An adapter is stateless: the values, their gradients and the pass come with every call, so
 * that one adapter serves any number of replicas of a model. It never sees the rest of the model.
 *
 * <p>What an adapter can do at its site, it says by the interfaces that it implements: {@link
 * LinearAdapter}, {@link EmbeddingAdapter}, {@link WeightAdapter}, {@link ScalingAdapter}, {@link
 * SublayerAdapter}, {@link AttentionAdapter}, {@link PromptAdapter}, or {@link TrainableCopy}.
 */
public interface Adapter {
  /** What the keys of an adapter file begin with, before the path of the module. */
  String KEY_ROOT = "base_model.model.";

  /** Where it is grafted. */
  Site site();

  /** Its trainable tensors, in the order of their layout in the flat parameter vector. */
  List<ParameterSpec> parameters();

  /**
   * Sets those first values that follow from others, once all are drawn; not called for values that
   * are read from a file.
   */
  default void complete(Tensors parameters) {}

  /** The key of one of its tensors in an adapter file. */
  default String key(ParameterSpec parameter) {
    return KEY_ROOT + site().name() + "." + parameter.name();
  }

  /**
   * Tensors of which an adapter file has a second copy: the keys of the copies, by the tensors'
   * names.
   */
  default Map<String, String> copies() {
    return Map.of();
  }

  /**
   * Tensors that do not train and are in an adapter file nevertheless, by key. Where a file has
   * them, they must be these.
   */
  default Map<String, Supplier<INDArray>> constants() {
    return Map.of();
  }

  /** Whether {@link #constants()} are written; they may be in a file that is read in any case. */
  default boolean writesConstants() {
    return true;
  }

  /** The shapes of the {@link #constants()} that are written. */
  default Map<String, List<Long>> constantShapes() {
    return Map.of();
  }
}
