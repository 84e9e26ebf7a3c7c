package org.peft4j.cli.run;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.DataOptions;
import org.peft4j.cli.options.DataSplit;
import org.peft4j.cli.options.ModelOptions;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.train.Evaluator;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.transformers.architecture.HeadPart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code peft eval}: measures how well a model predicts a file. */
@Command(
    name = "eval",
    customSynopsis = "peft eval --model DIR [--adapter DIR]... --data FILE [OPTION]...",
    header = "Measure how well a model, with or without an adapter, predicts a file.",
    description =
        "Prints the mean loss in nats per token, its perplexity and the number of tokens; for a"
            + " classifier the mean loss and the number of sequences.",
    footer = {
      "",
      "Example:",
      "  peft eval --model my-model --adapter my-adapter --data held-out.txt --sequence-length 256"
    })
public final class EvalCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin DataOptions data = new DataOptions();
  @Mixin TaskOption task = new TaskOption();

  @Option(
      names = "--last",
      paramLabel = "SHARE",
      description =
          "Use only the last part of the data, such as 0.1: the part that train --eval-split"
              + " keeps.")
  Optional<Double> last = Optional.empty();

  @Override
  public void run() {
    OpenModel.check(model.model);
    Path folder = model.model;
    TrainingData examples =
        last.map(share -> DataSplit.of(data, folder, share).evaluation())
            .orElseGet(() -> DataSplit.all(data, folder));
    try (OpenModel open = OpenModel.of(model)) {
      task.tell(open.wrapped());
      Evaluator evaluator = DataSplit.OPTIONS.in(() -> evaluator(open));
      Evaluation result = evaluator.evaluate(examples);
      PrintWriter out = Output.of(spec);
      out.printf(Locale.ROOT, "loss: %.4f%n", result.loss());
      HeadPart head = open.base().architecture().head();
      if (head instanceof HeadPart.Language) {
        out.printf(Locale.ROOT, "perplexity: %.4f%n", result.perplexity());
      }
      String counted = head instanceof HeadPart.Sequence ? "sequences" : "tokens";
      out.printf(Locale.ROOT, "%s: %d%n", counted, result.predictions());
    }
  }

  private Evaluator evaluator(OpenModel open) {
    return open.wrapped()
        .map(wrapped -> new Evaluator(wrapped, data.batchSize))
        .orElseGet(() -> new Evaluator(open.graph(), data.batchSize));
  }
}
