package org.peft4j.benchmarks.work;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.Precision;

/** A checkpoint with an adapter on it. */
public record AdaptedModel(TransformerModel base, PeftModel<ComputationGraph> peft)
    implements AutoCloseable {

  /**
   * How to hold the base model.
   *
   * @param checkpointing whether the backward pass recomputes each block's activations
   */
  public record Setting(Precision precision, boolean checkpointing) {
    /** FP32, everything kept for the backward pass. */
    public static final Setting PLAIN = new Setting(Precision.FP32, false);
  }

  /** Loads and wraps. */
  public static AdaptedModel load(Path folder, Setting setting, PeftConfig adapter) {
    TransformerModel base = Transformers.open(folder, options(setting));
    try {
      return new AdaptedModel(base, base.wrap(adapter));
    } catch (RuntimeException e) {
      base.close();
      throw e;
    }
  }

  private static TransformerOptions options(Setting setting) {
    return TransformerOptions.defaults()
        .withPrecision(setting.precision())
        .withGradientCheckpointing(setting.checkpointing());
  }

  /** The wrapped graph. */
  public ComputationGraph network() {
    return peft.network();
  }

  /** Closes the adapter, too. */
  @Override
  public void close() {
    base.close();
  }
}
