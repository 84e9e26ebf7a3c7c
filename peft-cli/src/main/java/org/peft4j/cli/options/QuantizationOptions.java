package org.peft4j.cli.options;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.quantization.Quantization;
import org.peft4j.quantization.QuantizedFormat;
import picocli.CommandLine.Option;

/** The options of weights in fewer bits. */
public final class QuantizationOptions {
  private static final OptionNames OPTIONS =
      new OptionNames(Map.of("The block size", "--block-size", "skipModules", "--skip-modules"));

  @Option(
      names = "--quantization",
      paramLabel = "FORMAT",
      description =
          "Hold the linear weights of blocks in 4 bits: nf4 or fp4 (default: as they are). They are"
              + " made while the checkpoint is read; adapters train on them as on others.")
  Optional<QuantizedFormat> format = Optional.empty();

  @Option(
      names = "--block-size",
      paramLabel = "N",
      description = "Weights that share a factor: 32, 64, 128 … 4096 (default: 64).")
  Optional<Integer> blockSize = Optional.empty();

  @Option(
      names = "--double-quantization",
      description = "Hold the factors in 8 bits too: 0.37 bits a weight less in blocks of 64.")
  boolean doubleQuantization;

  @Option(
      names = "--skip-modules",
      paramLabel = "NAME",
      split = ",",
      description = "Modules that stay as they are (default: lm_head).")
  List<String> skipModules = List.of();

  /** What they say; empty for weights as they are. */
  public Optional<Quantization> value() {
    if (format.isEmpty()) {
      if (blockSize.isPresent() || doubleQuantization || !skipModules.isEmpty()) {
        throw new PeftException(
            "--block-size, --double-quantization and --skip-modules say how --quantization holds"
                + " weights; add --quantization nf4, or leave them out.");
      }
      return Optional.empty();
    }
    return Optional.of(OPTIONS.in(this::quantization));
  }

  private Quantization quantization() {
    Quantization quantization =
        Quantization.of(format.orElseThrow()).withDoubleQuantization(doubleQuantization);
    if (blockSize.isPresent()) {
      quantization = quantization.withBlockSize(blockSize.get());
    }
    return !skipModules.isEmpty() ? quantization.withSkipModules(skipModules) : quantization;
  }
}
