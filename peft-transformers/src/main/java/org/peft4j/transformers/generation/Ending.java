package org.peft4j.transformers.generation;

/** Why a row has no more tokens. */
public enum Ending {
  /** Its last token is an end-of-text token. */
  END_OF_TEXT,
  /** Its text has a stop string. */
  STOP_STRING,
  /** It has {@code maxNewTokens} tokens. */
  LENGTH,
  /** The model has no more positions. */
  POSITIONS
}
