package org.peft4j.transformers.generation;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.transformers.architecture.ModelArchitecture;

/** A model that writes texts: a causal language model, or an encoder-decoder. */
public interface GenerativeModel {
  /** The graph of the model alone. */
  ComputationGraph graph();

  /** What the model is made of. */
  ModelArchitecture architecture();
}
