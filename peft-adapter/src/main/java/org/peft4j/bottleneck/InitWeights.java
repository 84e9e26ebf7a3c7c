package org.peft4j.bottleneck;

/** The first values of the projections. */
public enum InitWeights {
  /**
   * Weights from N(0, 0.02²) and zero biases, as in BERT: the wrapped model starts near the base
   * model, but not at it.
   */
  BERT("bert"),
  /** Kaiming-uniform down, zero up (He et al. 2022): the wrapped model starts as the base model. */
  MAM_ADAPTER("mam_adapter");

  private final String json;

  InitWeights(String json) {
    this.json = json;
  }

  /** Its name in a config file. */
  public String json() {
    return json;
  }
}
