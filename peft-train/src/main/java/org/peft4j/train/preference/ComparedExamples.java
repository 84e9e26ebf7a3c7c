package org.peft4j.train.preference;

import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;

/**
 * Examples that may have a {@link Reference}.
 *
 * @param <B> what they are put together in
 */
public sealed interface ComparedExamples<B extends Batch> extends Examples<B>
    permits PreferenceData, RatedData {
  /**
   * The same examples with a reference. It is asked once for each, when that is first used, and
   * what it says is kept with these examples and in checkpoints.
   */
  ComparedExamples<B> comparedWith(Reference reference);
}
