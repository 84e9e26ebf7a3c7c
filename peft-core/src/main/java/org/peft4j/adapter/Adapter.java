package org.peft4j.adapter;

import java.util.List;
import org.peft4j.site.Site;

/**
 * The trainable parameters at one {@link Site} for one named adapter, and the rule that they follow
 * there. An adapter is stateless: the values, their gradients and the pass come with every call, so
 * that one adapter serves any number of replicas of a model. It never sees the rest of the model.
 *
 * <p>What an adapter can do at its site, it says by the interfaces that it implements: {@link
 * LinearAdapter}, {@link EmbeddingAdapter}, {@link WeightAdapter}, or {@link TrainableCopy}.
 */
public interface Adapter {
  /** Where it is grafted. */
  Site site();

  /** Its trainable tensors, in the order of their layout in the flat parameter vector. */
  List<ParameterSpec> parameters();
}
