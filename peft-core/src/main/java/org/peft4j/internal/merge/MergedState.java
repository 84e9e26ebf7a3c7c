package org.peft4j.internal.merge;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.peft4j.weight.Replacement;

/** Weights that hold merged values now. */
public final class MergedState {
  private final List<Replacement> replacements;

  MergedState(List<Replacement> replacements) {
    this.replacements = List.copyOf(replacements);
  }

  /** Puts the original values back for a while. */
  public void suspend() {
    reversed().forEach(Replacement::suspend);
  }

  /** Puts the merged values back, as they were before {@link #suspend}. */
  public void resume() {
    replacements.forEach(Replacement::resume);
  }

  /** Puts the original values back, bit for bit, and frees the merged ones. */
  public void end() {
    reversed().forEach(Replacement::close);
  }

  /** Two of them may be of the same weight. */
  private List<Replacement> reversed() {
    List<Replacement> reversed = new ArrayList<>(replacements);
    Collections.reverse(reversed);
    return reversed;
  }

  /** Makes the merged values the weights' own, and frees the original ones. */
  public void keep() {
    replacements.forEach(Replacement::keep);
  }
}
