package org.peft4j.cli.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.WeightedFolder;
import org.peft4j.safetensors.DType;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.family.Families;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code peft merge}: merges base model and adapter into a checkpoint without adapters. */
@Command(
    name = "merge",
    customSynopsis = "peft merge --model DIR --adapter DIR... --output DIR [OPTION]...",
    header = "Merge adapters into their model and write the result as a checkpoint.",
    description = {
      "Tokenizer, chat template and generation_config.json are the adapter's where its folder has"
          + " them, and the model's else.",
      "Loads the checkpoint once to verify it, and prints the difference between its outputs and"
          + " the adapted model's."
    },
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
      paramLabel = "DIR[=W]",
      converter = WeightedFolder.Converter.class,
      description =
          "Folder of the adapter. Repeatable: all are merged, each times its weight W (default:"
              + " 1).")
  List<WeightedFolder> adapters = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "Folder to write: new, empty, or a checkpoint to replace.")
  Path output = Path.of("");

  @Option(
      names = {"--dtype", "--precision"},
      paramLabel = "TYPE",
      converter = WeightType.class,
      description =
          "Type of the weights: fp32 (F32), fp16 (F16) or bf16 (BF16) (default: the model's own).")
  Optional<DType> dtype = Optional.empty();

  @Option(
      names = "--shard-size",
      paramLabel = "SIZE",
      converter = ShardSize.class,
      description = "The most bytes in a file, such as 500MB or 2GB (default: 5GB).")
  Optional<Long> shardSize = Optional.empty();

  @Override
  public void run() {
    float[] adapted;
    boolean quantized = Families.quantization(model).isPresent();
    try (OpenModel open = OpenModel.of(model, adapters, options(quantized))) {
      CheckpointWriter writer =
          CheckpointWriter.of(open.base()).merging(open.wrapped().orElseThrow());
      adapters.forEach(adapter -> writer.filesOf(adapter.folder()));
      dtype.ifPresent(writer::dtype);
      shardSize.ifPresent(writer::maxShardBytes);
      writer.write(output);
      adapted = SampleLogits.of(open);
    }
    try (OpenModel merged = OpenModel.of(output, List.of(), TransformerOptions.defaults())) {
      double difference = SampleLogits.relativeDifference(SampleLogits.of(merged), adapted);
      Output.of(spec)
          .printf(
              "merged checkpoint written to %s; its logits differ from the adapted model's by at"
                  + " most %.1e, relative to the largest%n",
              output, difference);
    }
    if (quantized && dtype.isPresent()) {
      Output.of(spec)
          .printf(
              "its weights are those that %s holds in fewer bits, as numbers; for a closer merge give"
                  + " the folder of the original weights as --model%n",
              model);
    }
  }

  /**
   * Into weights in fewer bits nothing can be merged but QA-LoRA into integers by groups: they are
   * widened where a type is given.
   */
  private TransformerOptions options(boolean quantized) {
    TransformerOptions plain = TransformerOptions.defaults();
    boolean half = dtype.equals(Optional.of(DType.BF16));
    return quantized && dtype.isPresent()
        ? plain.withWidening(true).withPrecision(half ? Precision.BF16 : Precision.FP32)
        : plain;
  }
}
