package org.peft4j.prompt.tuning;

/** The first values of a prompt. */
public enum PromptInit {
  /** N(0, 1). */
  RANDOM,
  /** The embeddings of tokens drawn from the vocabulary. */
  SAMPLE_VOCAB,
  /** The embeddings of a text's tokens, cut or repeated to the prompt's length. */
  TEXT
}
