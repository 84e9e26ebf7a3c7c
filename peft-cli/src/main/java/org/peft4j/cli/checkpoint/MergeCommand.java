package org.peft4j.cli.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.safetensors.DType;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code peft merge}: merges base model and adapter into a checkpoint without adapters. */
@Command(
    name = "merge",
    customSynopsis = "peft merge --model DIR --adapter DIR --output DIR [OPTION]...",
    header = "Merge an adapter into its model and write the result as a checkpoint.",
    description =
        "Loads the checkpoint once to verify it, and prints the difference between its outputs and"
            + " the adapted model's.",
    footer = {"", "Example:", "  peft merge --model my-model --adapter my-adapter --output merged"})
public final class MergeCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR",
      description = "Folder of the adapter's base model, a Hugging Face checkpoint.")
  Path model = Path.of("");

  @Option(
      names = {"-a", "--adapter"},
      required = true,
      paramLabel = "DIR",
      description = "Folder of the adapter.")
  Path adapter = Path.of("");

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "Folder to write: new, empty, or a checkpoint to replace.")
  Path output = Path.of("");

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "F32",
      description = "Type of the weights: F32, F16 or BF16 (default: ${DEFAULT-VALUE}).")
  DType dtype = DType.F32;

  @Override
  public void run() {
    float[] adapted;
    try (OpenModel open =
        OpenModel.of(model, Optional.of(adapter), TransformerOptions.defaults())) {
      CheckpointWriter.of(open.base())
          .merging(open.wrapped().orElseThrow())
          .dtype(dtype)
          .write(output);
      adapted = SampleLogits.of(open);
    }
    try (OpenModel merged = OpenModel.of(output, Optional.empty(), TransformerOptions.defaults())) {
      double difference = SampleLogits.relativeDifference(SampleLogits.of(merged), adapted);
      Output.of(spec)
          .printf(
              "merged checkpoint written to %s; its logits differ from the adapted model's by at"
                  + " most %.1e, relative to the largest%n",
              output, difference);
    }
  }
}
