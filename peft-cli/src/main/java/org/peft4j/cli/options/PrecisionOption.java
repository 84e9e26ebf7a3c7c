package org.peft4j.cli.options;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.peft4j.diffusion.DiffusionOptions;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.config.Precision;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

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

  /**
   * Where {@code --offload} leaves weights: {@code disk}, or {@code disk:3G} to keep up to so many
   * bytes of the first blocks in memory.
   *
   * @param kept bytes
   */
  public record Offload(long kept) {
    /** What the options of commands say of it. */
    public static final String KEEPING =
        " disk:SIZE keeps the first blocks in memory, up to SIZE, such as 800M or 3G.";
  }

  /** Reads it; sizes are multiples of 1000, as reports write them. */
  public static final class OffloadText implements ITypeConverter<Offload> {
    private static final Pattern TEXT = Pattern.compile("disk(?::(\\d{1,9})([kmg])?)?");
    private static final int STEP = 1000;

    @Override
    public Offload convert(String text) {
      Matcher parts = TEXT.matcher(text.toLowerCase(Locale.ROOT));
      if (!parts.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is none of disk and disk:SIZE with a size such as 800M or 3G");
      }
      long kept = parts.group(1) == null ? 0 : Long.parseLong(parts.group(1));
      int power = parts.group(2) == null ? 0 : 1 + "kmg".indexOf(parts.group(2));
      for (int i = 0; i < power; i++) {
        kept *= STEP;
      }
      return new Offload(kept);
    }
  }

  @Option(
      names = "--offload",
      paramLabel = "disk[:SIZE]",
      converter = OffloadText.class,
      description =
          "disk: leave the weights of blocks in their file, one block at a time in memory. For"
              + " safetensors in the type of --precision, or quantised by peft quantize."
              + Offload.KEEPING)
  public Optional<Offload> offload = Optional.empty();

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
