package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.quantization.BlockQuantization;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.transformers.family.Families;
import picocli.CommandLine.Option;

/** The options of weights in fewer bits. */
public final class QuantizationOptions {
  private static final OptionNames OPTIONS =
      new OptionNames(
          Map.of(
              "The block size", "--block-size",
              "The group size", "--block-size",
              "The threshold of outliers", "--int8-threshold",
              "skipModules", "--skip-modules"));

  /** What {@code --quantization} names. */
  enum Format {
    NF4,
    FP4,
    INT8,
    INT4;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--quantization",
      paramLabel = "FORMAT",
      description =
          "Hold the linear weights of blocks in fewer bits: ${COMPLETION-CANDIDATES} (default: as"
              + " they are). They are made while the checkpoint is read; adapters train on them as on"
              + " others.")
  Optional<Format> format = Optional.empty();

  @Option(
      names = "--block-size",
      paramLabel = "N",
      description =
          "Weights that share a factor. nf4, fp4: 32, 64, 128 … 4096; int4: 8, 16, 32 … 1024, 0 for rows"
              + " (default: 64). int8: a whole row, or as int4 for groups with scales and zero points.")
  Optional<Integer> blockSize = Optional.empty();

  @Option(
      names = "--double-quantization",
      description =
          "nf4, fp4: hold the factors in 8 bits too: 0.37 bits a weight less in blocks of 64.")
  boolean doubleQuantization;

  @Option(names = "--symmetric", description = "int4, int8 in groups: no zero points.")
  boolean symmetric;

  @Option(
      names = "--int8-threshold",
      paramLabel = "N",
      description =
          "int8: LLM.int8(), which rounds the inputs of products too, but for columns with a number of N"
              + " or more (6 in the paper; 0: all). Default: inputs are not rounded.")
  Optional<Double> threshold = Optional.empty();

  @Option(
      names = "--skip-modules",
      paramLabel = "NAME",
      split = ",",
      description = "Modules that stay as they are (default: lm_head).")
  List<String> skipModules = List.of();

  /** What they say; empty for weights as they are. */
  public Optional<Quantization> value() {
    if (format.isEmpty()) {
      if (details()) {
        throw new PeftException(
            "--block-size, --double-quantization, --symmetric, --int8-threshold and --skip-modules say"
                + " how --quantization holds weights; add --quantization nf4, or leave them out.");
      }
      return Optional.empty();
    }
    Quantization quantization = OPTIONS.in(() -> quantization(format.get()));
    return Optional.of(
        skipModules.isEmpty()
            ? quantization
            : OPTIONS.in(() -> quantization.withSkipModules(skipModules)));
  }

  /**
   * What they say of a checkpoint, or how it holds its weights itself.
   *
   * @throws PeftException if both do
   */
  public Optional<Quantization> of(Path model) {
    Optional<Quantization> stored = Families.quantization(model);
    if (stored.isPresent() && format.isPresent()) {
      throw new PeftException(
          model
              + " holds its weights as "
              + stored.get().id()
              + " already; leave --quantization out, or give the original checkpoint.");
    }
    return stored.or(this::value);
  }

  private boolean details() {
    return blockSize.isPresent()
        || doubleQuantization
        || symmetric
        || threshold.isPresent()
        || !skipModules.isEmpty();
  }

  private Quantization quantization(Format wanted) {
    return switch (wanted) {
      case NF4 -> blocks(Quantization.nf4());
      case FP4 -> blocks(Quantization.fp4());
      case INT4 -> groups(Quantization.int4());
      case INT8 -> blockSize.isPresent() ? groups(GroupQuantization.ofBits(8)) : rows();
    };
  }

  private Quantization blocks(BlockQuantization plain) {
    refuse("--symmetric", symmetric, "int4, and int8 with --block-size");
    refuse("--int8-threshold", threshold.isPresent(), "int8");
    BlockQuantization sized = blockSize.map(plain::withBlockSize).orElse(plain);
    return sized.withDoubleQuantization(doubleQuantization);
  }

  private Quantization groups(GroupQuantization plain) {
    refuse("--double-quantization", doubleQuantization, "nf4, fp4");
    refuse("--int8-threshold", threshold.isPresent(), "int8 without --block-size");
    return blockSize.map(plain::withGroupSize).orElse(plain).withZeroPoints(!symmetric);
  }

  private Quantization rows() {
    refuse("--double-quantization", doubleQuantization, "nf4, fp4");
    refuse("--symmetric", symmetric, "int4, and int8 with --block-size");
    return threshold
        .map(value -> (Quantization) Quantization.llmInt8().withThreshold(value))
        .orElse(Quantization.int8());
  }

  private void refuse(String option, boolean given, String formats) {
    if (given) {
      throw new PeftException(
          option
              + " does not go with --quantization "
              + format.orElseThrow()
              + "; it is for "
              + formats
              + ".");
    }
  }
}
