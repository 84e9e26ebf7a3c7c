package org.peft4j.cli.train;

import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.Checkpoints;
import picocli.CommandLine.Option;

/** How a run of {@code peft train} is kept, and how it goes on. */
final class RunOptions {
  @Option(
      names = "--save-every",
      paramLabel = "N",
      description =
          "Steps between checkpoints, in folders checkpoint-N of --output; 0: one when the training is"
              + " stopped (default: 0).")
  long saveEvery;

  @Option(
      names = "--keep",
      paramLabel = "K",
      description = "Checkpoints that are kept, the last ones (default: 2).")
  int keep = 2;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description =
          "Go on from a checkpoint, or from the last one in a folder, with the options that the"
              + " training began with. The result is that of a training which was never stopped.")
  Optional<Path> resume = Optional.empty();

  private static void require(String option, long value, long least) {
    if (value < least) {
      throw new PeftException(option + " is " + value + "; allowed: " + least + " and above.");
    }
  }

  /**
   * The checkpoint to go on from; empty for a new training.
   *
   * @param output the folder of the run
   * @throws PeftException if there is none, or the folder has those of an earlier training that
   *     this one does not go on with, or a number is not allowed
   */
  Optional<Path> checkpoint(Path output) {
    require("--save-every", saveEvery, 0);
    require("--keep", keep, 1);
    if (resume.isEmpty()) {
      Checkpoints.latest(output)
          .ifPresent(
              latest -> {
                throw new PeftException(
                    latest
                        + " is of an earlier training. Go on from it with --resume "
                        + output
                        + ", delete it, or choose another --output.");
              });
      return Optional.empty();
    }
    Path folder = resume.get();
    return Optional.of(
        Checkpoints.latest(folder)
            .orElseGet(
                () -> {
                  if (Checkpoints.is(folder)) {
                    return folder;
                  }
                  throw new PeftException(
                      "There is no checkpoint in "
                          + folder
                          + ", nor is it one; give the --output of a training that was stopped, or"
                          + " one of its folders checkpoint-N.");
                }));
  }
}
