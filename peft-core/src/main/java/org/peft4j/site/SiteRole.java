package org.peft4j.site;

/**
 * What a {@link Site} is for in its model. Methods choose their default targets by it, so that none
 * depends on how a family names its modules.
 */
public enum SiteRole {
  /** Maps hidden states to queries. */
  QUERY,
  /** Maps hidden states to keys. */
  KEY,
  /** Maps hidden states to values. */
  VALUE,
  /** Maps hidden states to queries, keys and values at once. */
  QUERY_KEY_VALUE,
  /** Maps what the heads of an attention found back to hidden states. */
  ATTENTION_OUTPUT,
  /** Widens hidden states in a feed-forward part. */
  UP,
  /** The factor that an activation gates in a feed-forward part. */
  GATE,
  /** Narrows a feed-forward part's inner states back to hidden states. */
  DOWN,
  /** Normalises hidden states, queries or keys. */
  NORM,
  /** The table of token embeddings. */
  TOKEN_EMBEDDING,
  /** The table of position embeddings. */
  POSITION_EMBEDDING,
  /** Maps hidden states to the model's output. */
  HEAD,
  /** The place after an attention, before its residual addition. */
  ATTENTION,
  /** The place after a feed-forward part, before its residual addition. */
  FEED_FORWARD,
  /** The keys and values of the decoder's own tokens, where the decoder also reads an encoder. */
  DECODER_ATTENTION,
  /** Anything else: a layer of a plain Deeplearning4j network, or another place between modules. */
  OTHER
}
