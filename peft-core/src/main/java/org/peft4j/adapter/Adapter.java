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
 * <p>The interfaces that an adapter implements say what it can do at its site: {@link
 * LinearAdapter}, {@link EmbeddingAdapter}, {@link WeightAdapter}, {@link ScalingAdapter}, {@link
 * SublayerAdapter}, {@link AttentionAdapter}, {@link PromptAdapter}, or {@link TrainableCopy}.
 */
public interface Adapter {
  /** The prefix of the keys of an adapter file, before the module's path. */
  String KEY_ROOT = "base_model.model.";

  /** The site where it acts. */
  Site site();

  /** Its tensors, in the order of their layout in the flat parameter vector. */
  List<ParameterSpec> parameters();

  /** Those of its tensors that train. */
  default List<ParameterSpec> trainable() {
    return parameters().stream().filter(ParameterSpec::trains).toList();
  }

  /**
   * The number of elements that do not train and that Hugging Face PEFT counts among all
   * parameters.
   */
  default long frozenCount() {
    return parameters().stream()
        .filter(spec -> !spec.trains())
        .mapToLong(ParameterSpec::count)
        .sum();
  }

  /**
   * Sets first values that depend on others, once all are drawn. Not called for values read from a
   * file.
   */
  default void complete(Tensors parameters) {}

  /**
   * Whether its part depends on the frozen weight of its site, so that nothing can be merged into
   * that weight while it acts beside.
   */
  default boolean readsWeight() {
    return false;
  }

  /**
   * Reads what it has yet to read of the frozen weight of its site. Called before that weight holds
   * merged values for a while.
   */
  default void rememberWeight(Tensors parameters) {}

  /** Whether it exchanges arrays with parts at other sites in a pass, through {@link PassState}. */
  default boolean exchanges() {
    return false;
  }

  /** The key of one of its tensors in an adapter file. */
  default String key(ParameterSpec parameter) {
    return KEY_ROOT + site().name() + "." + parameter.name();
  }

  /**
   * What an adapter file has once more under other keys, for modules that share a weight: views of
   * the tensors. A file that has them must have these values.
   */
  default Map<String, INDArray> copies(Tensors tensors) {
    return Map.of();
  }

  /** The keys and shapes of the {@link #copies}. */
  default Map<String, List<Long>> copyShapes() {
    return Map.of();
  }

  /**
   * Tensors in an adapter file that do not train, by key. A file that has them must have these
   * values.
   */
  default Map<String, Supplier<INDArray>> constants() {
    return Map.of();
  }

  /** Whether {@link #constants()} are written. A file that is read may have them in any case. */
  default boolean writesConstants() {
    return true;
  }

  /** The shapes of the {@link #constants()} that are written. */
  default Map<String, List<Long>> constantShapes() {
    return Map.of();
  }
}
