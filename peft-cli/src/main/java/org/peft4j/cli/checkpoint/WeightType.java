package org.peft4j.cli.checkpoint;

import java.util.Locale;
import org.peft4j.safetensors.DType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The type of written weights, under its name in checkpoints or that of a precision. */
final class WeightType implements ITypeConverter<DType> {
  @Override
  public DType convert(String text) {
    return switch (text.toUpperCase(Locale.ROOT)) {
      case "F32", "FP32" -> DType.F32;
      case "F16", "FP16" -> DType.F16;
      case "BF16" -> DType.BF16;
      default -> throw new TypeConversionException("it is " + text + "; allowed: fp32, fp16, bf16");
    };
  }
}
