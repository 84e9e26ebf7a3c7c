package org.peft4j.prompt.ptuning;

/** The network that computes a prompt from trained embeddings. */
public enum Reparameterization {
  /** A perceptron of three maps. */
  MLP,
  /** A bidirectional LSTM, then two maps. */
  LSTM
}
