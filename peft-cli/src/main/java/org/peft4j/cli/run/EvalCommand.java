package org.peft4j.cli.run;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.DataOptions;
import org.peft4j.cli.options.HeadChoice;
import org.peft4j.cli.options.ModelOptions;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.TaskData;
import org.peft4j.cli.options.TaskOption;
import org.peft4j.cli.options.TaskReader;
import org.peft4j.cli.options.VectorOptions;
import org.peft4j.cli.options.Wording;
import org.peft4j.train.Evaluator;
import org.peft4j.train.data.Batch;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.transformers.config.TaskHead;
import picocli.CommandLine.ArgGroup;
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
        "Prints the mean loss, and the number of tokens, sequences, windows or examples that it is the"
            + " mean over; for language models in nats per token, with its perplexity. Of the rows of a"
            + " whole file, the metrics of labels, tags and answers too.",
    footer = {
      "",
      "Examples:",
      "  peft eval --model my-model --adapter my-adapter --data held-out.txt --sequence-length 256",
      "  peft eval --model my-bert --adapter stars --data more.csv --columns text=review,label=stars"
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

  @ArgGroup(validate = false, order = 3, heading = "%nVectors, for feature-extraction:%n")
  VectorOptions vectors = new VectorOptions();

  @Override
  public void run() {
    OpenModel.check(model.model);
    TaskHead head = head();
    TaskReader reader = new TaskReader(model.model, head, data, vectors);
    evaluate(head, last.<TaskData<?>>map(reader::split).orElseGet(reader::all));
  }

  private TaskHead head() {
    return model.adapters.isEmpty()
        ? HeadChoice.of(model.model, task.task(), data)
        : HeadChoice.ofAdapter(model.adapters.get(0).folder(), model.model, task.task(), data);
  }

  private <B extends Batch> void evaluate(TaskHead head, TaskData<B> examples) {
    try (OpenModel open =
            OpenModel.of(model.model, head, model.adapters, model.precision.options());
        PeftModel<ComputationGraph> network = network(open)) {
      task.tell(open.wrapped());
      Evaluation result =
          TaskReader.OPTIONS.in(
              () ->
                  Evaluator.evaluate(
                      network,
                      examples.objective(),
                      examples.evaluation().orElse(examples.examples()),
                      data.batchSize));
      print(new Wording(head.task()), result);
      if (last.isEmpty()) {
        RowScores.of(open, head, data).values().forEach(this::print);
      }
    }
  }

  private void print(String metric, double value) {
    Output.of(spec).printf(Locale.ROOT, "%s: %.4f%n", metric, value);
  }

  /** Without an adapter, a network that has none. */
  private static PeftModel<ComputationGraph> network(OpenModel open) {
    return open.wrapped().orElseGet(() -> Peft.bare(open.base().graph(), 0));
  }

  private void print(Wording wording, Evaluation result) {
    PrintWriter out = Output.of(spec);
    out.printf(Locale.ROOT, "loss: %.4f%n", result.loss());
    if (wording.hasPerplexity()) {
      out.printf(Locale.ROOT, "perplexity: %.4f%n", result.perplexity());
    }
    out.printf(Locale.ROOT, "%s: %d%n", wording.predictions(), result.predictions());
  }
}
