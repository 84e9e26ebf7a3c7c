package org.peft4j.benchmarks.work;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.peft4j.lora.LoraConfig;
import org.peft4j.transformers.config.Precision;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options of programs that run steps of LoRA in this process. */
public final class StepOptions {
  @Option(names = "--model", required = true, description = "the folder of a model")
  Path model = Path.of("");

  @Option(names = "--rank", description = "r of LoRA; default ${DEFAULT-VALUE}")
  int rank;

  @Option(names = "--steps", description = "steps that count; default ${DEFAULT-VALUE}")
  int steps;

  @Option(names = "--precision", description = "${COMPLETION-CANDIDATES}; default FP32")
  Precision precision = Precision.FP32;

  @Option(names = "--checkpointing", description = "recompute activations in the backward pass")
  boolean checkpointing;

  /** Options with a program's own defaults. */
  public StepOptions(int rank, int steps) {
    this.rank = rank;
    this.steps = steps;
  }

  public Path model() {
    return model;
  }

  public int rank() {
    return rank;
  }

  /** LoRA of the rank, α as large, on these modules. */
  public LoraConfig lora(String... modules) {
    return LoraConfig.builder().rank(rank).alpha(rank).targetModules(modules).build();
  }

  public int steps() {
    return steps;
  }

  public Precision precision() {
    return precision;
  }

  public boolean checkpointing() {
    return checkpointing;
  }

  /** Runs a program, and ends the process with its status. */
  public static void run(Callable<Integer> program, String... arguments) {
    System.exit(
        new CommandLine(program).setCaseInsensitiveEnumValuesAllowed(true).execute(arguments));
  }
}
