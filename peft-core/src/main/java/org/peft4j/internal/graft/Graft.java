package org.peft4j.internal.graft;

import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Tensors;

/** One active adapter at one site of one replica of a model, with the replica's own arrays. */
public final class Graft {
  private final String adapterName;
  private final Adapter adapter;
  private final Tensors parameters;
  private @Nullable Tensors gradients;

  public Graft(String adapterName, Adapter adapter, Tensors parameters) {
    this.adapterName = adapterName;
    this.adapter = adapter;
    this.parameters = parameters;
  }

  public String adapterName() {
    return adapterName;
  }

  public Adapter adapter() {
    return adapter;
  }

  public Tensors parameters() {
    return parameters;
  }

  /**
   * The arrays that the backward pass writes.
   *
   * @throws IllegalStateException if the model has not been prepared for training
   */
  public Tensors gradients() {
    if (gradients == null && adapter.parameters().isEmpty()) {
      return parameters;
    }
    if (gradients == null) {
      throw new IllegalStateException(
          "No gradient arrays at " + adapter.site().name() + ": call initGradientsView() first.");
    }
    return gradients;
  }

  /** Sets the arrays that the backward pass writes; null for none. */
  public void setGradients(@Nullable Tensors gradients) {
    this.gradients = gradients;
  }
}
