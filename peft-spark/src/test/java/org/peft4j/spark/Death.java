package org.peft4j.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.method.TrainingHook;

/**
 * Ends this process in the middle of a step, as kill -9 does.
 *
 * @param step its number, from 0
 * @param mark a file that is written before
 */
record Death(long step, Path mark) implements TrainingHook {
  @Override
  public void beforeUpdate(long current) {
    if (current == step) {
      try {
        Files.createFile(mark);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Runtime.getRuntime().halt(137);
    }
  }

  @Override
  public void afterUpdate(long current) {
    // It is over before.
  }
}
