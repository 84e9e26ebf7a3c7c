package org.peft4j.internal.adapted;

import org.deeplearning4j.nn.api.TrainingConfig;
import org.peft4j.internal.graft.LayerGrafts;

/** A layer or vertex of a wrapped network that carries adapters. */
public interface AdaptedPart {
  /** What is grafted on it. */
  LayerGrafts grafts();

  /** How its adapters train. */
  TrainingConfig getConfig();

  /** Sets how fast its adapters train, if their updater has a learning rate. */
  void setLearningRate(LearningRate rate);

  /** What a summary of the network says about it. */
  PartSummary summary();

  /** Whether it has native memory of its own, which {@link #close} frees for good. */
  boolean ownsMemory();

  /** Frees native memory of its own. */
  void close();
}
