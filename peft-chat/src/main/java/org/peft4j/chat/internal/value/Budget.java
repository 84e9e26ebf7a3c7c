package org.peft4j.chat.internal.value;

/**
 * What one rendering may still use: steps, characters and items that it makes, depth of calls, and
 * time. Everything that a template can repeat is charged here.
 */
public final class Budget {
  private static final int CLOCK_EVERY = 1024;

  private final long steps;
  private final long characters;
  private final int depth;
  private final long deadline;
  private final String limits;
  private long usedSteps;
  private long usedCharacters;
  private int usedDepth;

  /**
   * @param steps the most steps: parts of the template run, items of lists visited
   * @param characters the most characters that all texts made on the way have together
   * @param depth the most macros that are within each other
   * @param millis the most milliseconds
   */
  public Budget(long steps, long characters, int depth, long millis) {
    this.steps = steps;
    this.characters = characters;
    this.depth = depth;
    this.deadline = System.nanoTime() + millis * 1_000_000;
    this.limits = millis + " milliseconds";
  }

  /** Uses one step. */
  public void step() {
    if (++usedSteps > steps) {
      throw new TemplateProblem("runs more than " + steps + " steps, the limit");
    }
    if (usedSteps % CLOCK_EVERY == 0) {
      checkTime();
    }
  }

  /** Uses {@code count} steps: items that an operation visits. */
  public void steps(long count) {
    usedSteps += count;
    step();
    if (count >= CLOCK_EVERY) {
      checkTime();
    }
  }

  private void checkTime() {
    if (System.nanoTime() > deadline) {
      throw new TemplateProblem("runs longer than " + limits + ", the limit");
    }
  }

  /** Uses characters before a text of that length is made. */
  public void characters(long count) {
    usedCharacters += count;
    if (usedCharacters > characters) {
      throw new TemplateProblem(
          "makes texts of more than " + characters + " characters, the limit");
    }
    if (count >= CLOCK_EVERY) {
      checkTime();
    }
  }

  /** A text that was made. */
  public String text(String text) {
    characters(text.length());
    return text;
  }

  /** Enters a macro, or a step into a nested value. */
  public void enter() {
    if (++usedDepth > depth) {
      usedDepth--;
      throw new TemplateProblem("nests more than " + depth + " calls, the limit");
    }
    step();
  }

  /** Leaves what was entered. */
  public void leave() {
    usedDepth--;
  }
}
