package org.peft4j.cli.options;

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

  /** The options of a model in that precision. */
  public TransformerOptions options() {
    TransformerOptions options = TransformerOptions.defaults().withPrecision(value);
    return quantization.value().map(options::withQuantization).orElse(options);
  }
}
