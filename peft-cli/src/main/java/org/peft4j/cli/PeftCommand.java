package org.peft4j.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.checkpoint.CombineCommand;
import org.peft4j.cli.checkpoint.InitCommand;
import org.peft4j.cli.checkpoint.InspectCommand;
import org.peft4j.cli.checkpoint.MergeCommand;
import org.peft4j.cli.checkpoint.QuantizeCommand;
import org.peft4j.cli.checkpoint.ResizeCommand;
import org.peft4j.cli.plan.PlanCommand;
import org.peft4j.cli.report.ReportCommand;
import org.peft4j.cli.run.DataCommand;
import org.peft4j.cli.run.EmbedCommand;
import org.peft4j.cli.run.EvalCommand;
import org.peft4j.cli.run.ForwardCommand;
import org.peft4j.cli.run.GenerateCommand;
import org.peft4j.cli.run.GenerateImageCommand;
import org.peft4j.cli.run.PredictCommand;
import org.peft4j.cli.train.TrainCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The top-level command: its sub-commands and the options that they all have. */
@Command(
    name = "peft",
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:an error, explained in one line",
      "2:wrong usage",
      "130:interrupted with Ctrl-C"
    },
    header = "Parameter-efficient fine-tuning of Hugging Face checkpoints, on the JVM.%n",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      TrainCommand.class,
      EvalCommand.class,
      PredictCommand.class,
      EmbedCommand.class,
      GenerateCommand.class,
      GenerateImageCommand.class,
      DataCommand.class,
      MergeCommand.class,
      QuantizeCommand.class,
      CombineCommand.class,
      ReportCommand.class,
      InspectCommand.class,
      PlanCommand.class,
      InitCommand.class,
      ResizeCommand.class,
      ForwardCommand.class
    },
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "Examples:",
      "  peft inspect my-model",
      "  peft train --model my-model --data notes.txt --output my-adapter",
      "  peft generate --model my-model --adapter my-adapter --prompt 'Once upon a time'",
      "",
      "'peft COMMAND --help' describes a command."
    })
final class PeftCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  /** The launcher has already told the native libraries; this only checks the number. */
  @Option(
      names = "--threads",
      paramLabel = "N",
      scope = ScopeType.INHERIT,
      order = 1000,
      description = "Number of CPU threads (default: one for each core).")
  void setThreads(int threads) {
    if (threads < 1) {
      throw new ParameterException(
          commandLine(), "--threads is " + threads + "; allowed: 1 and above");
    }
  }

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      order = 1001,
      description = "Show the stack trace of an error; same as PEFT_DEBUG=1.")
  boolean debug;

  @Override
  public void run() {
    throw new ParameterException(
        commandLine(),
        "which command? " + String.join(", ", commandLine().getSubcommands().keySet()));
  }

  private CommandLine commandLine() {
    return Objects.requireNonNull(spec).commandLine();
  }
}
