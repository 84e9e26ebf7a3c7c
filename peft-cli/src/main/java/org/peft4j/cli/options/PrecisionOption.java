package org.peft4j.cli.options;

import java.util.Optional;
import org.peft4j.diffusion.DiffusionOptions;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.config.Precision;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The precision of frozen weights in memory. */
public final class PrecisionOption {
  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description =
          "Precision of frozen matrices and embeddings: fp32 or bf16 (default: fp32). bf16 takes"
              + " half the memory; adapters, norms, softmax and loss stay in single precision.")
  public Precision value = Precision.FP32;

  @Mixin public QuantizationOptions quantization = new QuantizationOptions();

  @Option(
      names = "--offload",
      paramLabel = "disk",
      converter = OffloadArgument.Converter.class,
      description =
          "disk: leave the weights of blocks in their file, one block at a time in memory. For"
              + " safetensors in the type of --precision, or quantised by peft quantize."
              + OffloadArgument.KEEPING)
  public Optional<OffloadArgument> offload = Optional.empty();

  /** The options of a model in that precision. */
  public TransformerOptions options() {
    TransformerOptions options = TransformerOptions.defaults().withPrecision(value);
    TransformerOptions held =
        offload.map(where -> options.withOffloadKeeping(where.kept())).orElse(options);
    return quantization.value().map(held::withQuantization).orElse(held);
  }

  /** The options of a model of pictures in that precision. */
  public DiffusionOptions diffusion() {
    DiffusionOptions options = DiffusionOptions.defaults().withPrecision(value);
    DiffusionOptions held =
        offload.map(where -> options.withOffloadKeeping(where.kept())).orElse(options);
    return quantization.value().map(held::withQuantization).orElse(held);
  }
}
