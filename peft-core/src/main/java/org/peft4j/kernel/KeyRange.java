package org.peft4j.kernel;

/**
 * Neighbouring keys of an attention.
 *
 * @param first the first key
 * @param end one after the last
 */
public record KeyRange(int first, int end) {
  /** How many keys these are. */
  public int count() {
    return end - first;
  }
}
