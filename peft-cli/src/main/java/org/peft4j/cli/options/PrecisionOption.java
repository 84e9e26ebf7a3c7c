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

  /** Where {@code --offload} leaves weights. */
  public enum Offload {
    DISK;

    @Override
    public String toString() {
      return "disk";
    }
  }

  @Option(
      names = "--offload",
      paramLabel = "disk",
      description =
          "disk: leave the weights of blocks in their file, one block at a time in memory. For"
              + " safetensors in the type of --precision, or quantised by peft quantize.")
  public Optional<Offload> offload = Optional.empty();

  /** The options of a model in that precision. */
  public TransformerOptions options() {
    TransformerOptions options =
        TransformerOptions.defaults().withPrecision(value).withOffload(offload.isPresent());
    return quantization.value().map(options::withQuantization).orElse(options);
  }

  /** The options of a model of pictures in that precision. */
  public DiffusionOptions diffusion() {
    DiffusionOptions options =
        DiffusionOptions.defaults().withPrecision(value).withOffload(offload.isPresent());
    return quantization.value().map(options::withQuantization).orElse(options);
  }
}
