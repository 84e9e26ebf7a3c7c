package org.peft4j.train.data.chat;

/** Which tokens of a row are learned. */
public enum TrainOn {
  /** Every token. */
  ALL,
  /** What follows the prompt. */
  COMPLETION,
  /** What the assistant says in a conversation. */
  ASSISTANT
}
