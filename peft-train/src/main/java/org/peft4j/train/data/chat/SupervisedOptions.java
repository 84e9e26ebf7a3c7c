package org.peft4j.train.data.chat;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How rows become tokens.
 *
 * @param chatTemplate a file in place of the model's own template
 * @param trainOn what is learned; empty for the completion of rows that have one, and otherwise
 *     everything, as in TRL
 * @param keepEnd whether a row that is too long loses its beginning, not its end
 */
public record SupervisedOptions(
    Optional<Path> chatTemplate, Optional<TrainOn> trainOn, boolean keepEnd) {
  /** The model's template, TRL's choice of tokens, and the beginning of long rows. */
  public static final SupervisedOptions DEFAULT =
      new SupervisedOptions(Optional.empty(), Optional.empty(), false);
}
