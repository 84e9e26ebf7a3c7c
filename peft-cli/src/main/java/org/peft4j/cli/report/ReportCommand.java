package org.peft4j.cli.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.Output;
import org.peft4j.train.report.ReportFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code peft report}: a page about finished runs. */
@Command(
    name = "report",
    customSynopsis = "peft report DIR... [OPTION]...",
    header = "Write a page with the curves of trainings.",
    description = {
      "Reads metrics.jsonl, run.yaml and samples.json of output folders of 'peft train', and writes one"
          + " HTML file without scripts: loss, held-out loss, learning rate, gradient norm, speed and"
          + " memory, several runs on each chart; their last numbers, samples and options."
    },
    footer = {"", "Examples:", "  peft report my-adapter my-adapter-2 --output both.html"})
public final class ReportCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "DIR", description = "Output folders of trainings.")
  List<Path> folders = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      defaultValue = "report.html",
      description = "The page, which is replaced as a whole (default: ${DEFAULT-VALUE}).")
  Path output = Path.of("");

  @Override
  public void run() {
    ReportFile.write(folders, output);
    Output.of(spec).println("report written to " + output);
  }
}
