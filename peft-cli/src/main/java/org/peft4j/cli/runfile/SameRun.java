package org.peft4j.cli.runfile;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.cli.runfile.RunFile.Value;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import picocli.CommandLine;

/** Compares the options of a run that goes on with those that it began with. */
public final class SameRun {
  /** The file of a run's options in its folder. */
  public static final String NAME = "run.yaml";

  /**
   * What may differ: where and how often things are written, and when the run ends. What the
   * training itself compares with its checkpoint is told there.
   */
  private static final Set<String> FREE =
      Set.of(
          "output",
          "resume",
          "save-every",
          "keep",
          "keep-best",
          "patience",
          "min-change",
          "max-time",
          "max-tokens",
          "dry-run",
          "find-learning-rate",
          "eval",
          "eval-split",
          "eval-every",
          "data",
          "columns",
          "epochs",
          "steps",
          "batch-size",
          "drop-last",
          "grad-accumulation",
          "learning-rate",
          "learning-rate-of",
          "weight-decay",
          "decay-all",
          "warmup-steps",
          "warmup-ratio",
          "schedule",
          "max-grad-norm",
          "no-shuffle",
          "seed",
          "model",
          "adapter",
          "gradient-checkpointing",
          "csv",
          "report",
          "sample",
          "tensorboard",
          "spark-master");

  private SameRun() {}

  /**
   * Compares.
   *
   * @param folder of the run; nothing is compared if it has no {@link #NAME}
   * @throws PeftException if an option differs that changes what is trained; names each
   */
  public static void require(Path folder, CommandLine command) {
    Path file = folder.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      return;
    }
    Map<String, Value> before = RunFile.read(file);
    Map<String, Value> now = RunFile.of("the command line", EffectiveOptions.yaml(command));
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    names.removeAll(FREE);
    names.removeIf(name -> said(before, name).equals(said(now, name)));
    if (!names.isEmpty()) {
      StringBuilder differences = new StringBuilder();
      names.forEach(
          name ->
              differences.append(
                  " --%s was %s and is %s."
                      .formatted(
                          name,
                          Quoted.quoted(said(before, name)),
                          Quoted.quoted(said(now, name)))));
      throw new PeftException(
          "The training in "
              + folder
              + " began with other options:"
              + differences
              + " Give those of "
              + file
              + ", such as with --config.");
    }
  }

  private static String said(Map<String, Value> options, String name) {
    Value value = options.get(name);
    if (value == null) {
      return "";
    }
    return value.named().isEmpty() ? String.join(",", value.texts()) : value.named().toString();
  }
}
