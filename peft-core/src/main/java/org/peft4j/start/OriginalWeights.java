package org.peft4j.start;

import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/** The linear weights of a model as they were before they were quantised, one at a time. */
public interface OriginalWeights extends AutoCloseable {
  /**
   * The weight W, [out, in], of a linear map, which the caller closes before it asks for another.
   *
   * @throws org.peft4j.error.PeftException if there is none, or one of another shape
   */
  FrozenWeight weight(Site site);

  /** Closes what they are read from. */
  @Override
  void close();
}
