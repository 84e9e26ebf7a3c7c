package org.peft4j.cli.options;

import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.config.Precision;
import picocli.CommandLine.Option;

/** What the frozen weights are held in. */
public final class PrecisionOption {
  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description =
          "fp32 or bf16, for frozen matrices and embeddings (default: fp32). Half the memory with"
              + " bf16; adapters, norms, softmax and loss stay in single precision.")
  public Precision value = Precision.FP32;

  public TransformerOptions options() {
    return TransformerOptions.defaults().withPrecision(value);
  }
}
