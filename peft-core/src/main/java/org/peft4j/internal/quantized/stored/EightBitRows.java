package org.peft4j.internal.quantized.stored;

import java.util.Map;
import java.util.TreeMap;
import org.peft4j.internal.quantized.HostBytes;
import org.peft4j.internal.quantized.PlainFactors;
import org.peft4j.internal.quantized.RowWeight;
import org.peft4j.quantization.RowQuantization;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * bitsandbytes' weights in 8 bits: {@code weight} holds the codes, {@code SCB} the factor of each
 * row, and {@code weight_format} 0, for row by row. The codes stay in the mapped file.
 *
 * @param quantization how inputs enter the products
 */
public record EightBitRows(RowQuantization quantization) implements StoredWeights {
  private static final String FACTORS = ".SCB";
  private static final String FORMAT = ".weight_format";

  @Override
  public Map<String, StoredWeight> in(TensorSource source) {
    Map<String, StoredWeight> found = new TreeMap<>();
    for (String name : source.tensors().keySet()) {
      if (name.endsWith(FACTORS)) {
        String module = name.substring(0, name.length() - FACTORS.length());
        found.put(module + ".weight", read(new Parts(source, module)));
      }
    }
    return found;
  }

  private StoredWeight read(Parts parts) {
    TensorInfo codes = parts.tensor(".weight", DType.I8);
    parts.require(
        codes.shape().size() == 2, ".weight", "has shape " + codes.shape() + "; [out, in] is");
    long out = codes.shape().get(0);
    TensorInfo factors = parts.tensor(FACTORS, out, DType.F32);
    if (parts.has(FORMAT)) {
      byte format = parts.bytes(parts.tensor(FORMAT, 1, DType.U8)).get();
      parts.require(format == 0, FORMAT, "is " + format + "; allowed: 0, row by row");
    }
    return new StoredWeight(
        parts.names(),
        out,
        codes.shape().get(1),
        true,
        (view, type) ->
            new RowWeight(
                new long[] {out, codes.shape().get(1)},
                view,
                quantization,
                type,
                HostBytes.of(parts.bytes(codes)),
                PlainFactors.of(parts.floats(factors))));
  }
}
