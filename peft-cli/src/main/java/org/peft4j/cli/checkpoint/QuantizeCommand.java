package org.peft4j.cli.checkpoint;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.QuantizationOptions;
import org.peft4j.lora.LoraConfig;
import org.peft4j.quantization.Quantization;
import org.peft4j.safetensors.DType;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code peft quantize}: writes a checkpoint whose weights are in fewer bits. */
@Command(
    name = "quantize",
    customSynopsis = "peft quantize --model DIR --quantization nf4 --output DIR [OPTIONS]",
    header = "Write a checkpoint in fewer bits, which loads without quantising again.",
    description =
        "The form is bitsandbytes', which transformers reads too, and for int4, and int8 with"
            + " --block-size, one of this library. All commands take the folder as --model. With --loftq it writes an adapter, too, from which a training begins:"
            + " peft train --adapter.",
    footer = {
      "",
      "Example:",
      "  peft quantize --model my-model --quantization nf4 --double-quantization --output"
          + " my-model-nf4",
      "  peft quantize --model my-model --quantization nf4 --output my-model-nf4 \\",
      "    --loftq 5 --rank 16 --target all-linear --adapter-output my-start"
    })
public final class QuantizeCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR",
      description = "Folder of a Hugging Face checkpoint.")
  Path model = Path.of("");

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "Folder to write: new, empty, or a checkpoint to replace.")
  Path output = Path.of("");

  @Mixin QuantizationOptions quantization = new QuantizationOptions();

  @Option(
      names = {"--dtype", "--precision"},
      paramLabel = "TYPE",
      converter = WeightType.class,
      description =
          "Type of the other weights, embeddings and head among them: fp32 (F32), fp16 (F16) or"
              + " bf16 (BF16) (default: the model's own).")
  Optional<DType> dtype = Optional.empty();

  @Option(
      names = "--shard-size",
      paramLabel = "SIZE",
      converter = ShardSize.class,
      description = "The most bytes in a file, such as 500MB or 2GB (default: 5GB).")
  Optional<Long> shardSize = Optional.empty();

  @ArgGroup(validate = false, heading = "%nAn adapter by LoftQ:%n")
  LoftqOptions loftq = new LoftqOptions();

  @Override
  public void run() {
    Quantization wanted =
        quantization
            .value()
            .orElseThrow(
                () ->
                    new ParameterException(
                        Objects.requireNonNull(spec).commandLine(),
                        "give --quantization: nf4, fp4, int8 or int4"));
    Optional<LoraConfig> adapter = loftq.config(model, output, wanted);
    TransformerOptions plain = TransformerOptions.defaults().withQuantization(wanted);
    TransformerOptions options =
        adapter
            .map(a -> plain.withBeforeQuantization(loftq.before(a, model, wanted)))
            .orElse(plain);
    try (TransformerModel open = Transformers.open(model, options)) {
      CheckpointWriter writer = CheckpointWriter.of(open);
      dtype.ifPresent(writer::dtypeOfUnquantized);
      shardSize.ifPresent(writer::maxShardBytes);
      writer.write(output);
      Output.of(spec).println("checkpoint in " + wanted.id() + " written to " + output);
      adapter.ifPresent(
          config ->
              Output.of(spec)
                  .println(
                      "adapter written to "
                          + loftq.write(config, model, open, output)
                          + "; train it with --model "
                          + output));
    }
  }
}
