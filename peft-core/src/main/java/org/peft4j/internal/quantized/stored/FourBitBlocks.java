package org.peft4j.internal.quantized.stored;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.quantized.Codebook;
import org.peft4j.internal.quantized.DynamicValues;
import org.peft4j.internal.quantized.Factors;
import org.peft4j.internal.quantized.FourBitWeight;
import org.peft4j.internal.quantized.HostBytes;
import org.peft4j.internal.quantized.PlainFactors;
import org.peft4j.internal.quantized.QuantizedFactors;
import org.peft4j.quantization.BlockQuantization;
import org.peft4j.quantization.QuantizedFormat;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.weight.WeightView;

/**
 * bitsandbytes' weights in 4 bits: {@code weight} holds the codes, {@code weight.absmax} the
 * factors, {@code weight.quant_map} the 16 values, and {@code weight.quant_state.bitsandbytes__nf4}
 * a JSON text with the shape and the size of blocks. Codes and factors stay in the mapped file.
 */
public final class FourBitBlocks implements StoredWeights {
  /** Before the name of the format, behind the name of the weight. */
  public static final String STATE = ".quant_state.bitsandbytes__";

  private static final JsonReader JSON = JsonReader.upTo(1 << 16, 1 << 10);

  @Override
  public Map<String, StoredWeight> in(TensorSource source) {
    Map<String, StoredWeight> found = new TreeMap<>();
    for (String name : source.tensors().keySet()) {
      int at = name.indexOf(STATE);
      if (at > 0) {
        String weight = name.substring(0, at);
        QuantizedFormat format = QuantizedFormat.named(name.substring(at + STATE.length()));
        found.put(weight, read(new Parts(source, weight), format));
      }
    }
    return found;
  }

  private static StoredWeight read(Parts parts, QuantizedFormat format) {
    TensorInfo text = parts.tensor(STATE + format.id(), DType.U8);
    JsonNode state = state(parts, text);
    long out = state.path("shape").path(0).asLong();
    long in = state.path("shape").path(1).asLong();
    parts.require(
        out > 0 && in > 0 && state.path("shape").size() == 2 && in < Integer.MAX_VALUE / out,
        STATE + format.id(),
        "says that the shape is " + state.path("shape") + "; a matrix is expected");
    BlockQuantization quantization =
        BlockQuantization.of(format).withBlockSize(state.path("blocksize").asInt());
    parts.require(
        format.id().equals(state.path("quant_type").asText()),
        STATE + format.id(),
        "says that the format is " + state.path("quant_type"));
    sameValues(parts, ".quant_map", Codebook.of(format));
    TensorInfo codes = parts.tensor("", DType.U8, DType.I8, DType.F16, DType.BF16, DType.F32);
    parts.require(
        codes.byteCount() == (out * in + 1) / 2,
        "",
        "has " + codes.byteCount() + " bytes; [" + out + ", " + in + "] needs half as many");
    int size = quantization.blockSize();
    FactorsReader factors = factors(parts, state, (out * in + size - 1) / size);
    BlockQuantization held = quantization.withDoubleQuantization(state.has("nested_blocksize"));
    return new StoredWeight(
        parts.names(),
        out,
        in,
        true,
        (view, type) ->
            weight(new long[] {out, in}, view, held, type, parts.bytes(codes), factors));
  }

  private static FourBitWeight weight(
      long[] shape,
      WeightView view,
      BlockQuantization quantization,
      DataType type,
      ByteBuffer codes,
      FactorsReader factors) {
    return new FourBitWeight(shape, view, quantization, type, HostBytes.of(codes), factors.read());
  }

  private static JsonNode state(Parts parts, TensorInfo text) {
    byte[] bytes = new byte[Math.toIntExact(Math.min(text.byteCount(), 1 << 16))];
    parts.bytes(text).get(bytes);
    return JSON.parse(new String(bytes, StandardCharsets.UTF_8), text.name());
  }

  /** Reads the factors, which are checked. */
  private interface FactorsReader {
    Factors read();
  }

  private static FactorsReader factors(Parts parts, JsonNode state, long count) {
    if (!state.has("nested_blocksize")) {
      TensorInfo plain = parts.tensor(".absmax", count, DType.F32);
      return () -> {
        parts.floats(plain); // Checks.
        return PlainFactors.in(HostBytes.of(parts.bytes(plain)));
      };
    }
    int group = state.path("nested_blocksize").asInt();
    parts.require(
        group == QuantizedFactors.GROUP,
        ".absmax",
        "has factors in blocks of " + group + "; supported: " + QuantizedFactors.GROUP);
    sameValues(parts, ".nested_quant_map", DynamicValues.CODEBOOK);
    double mean = state.path("nested_offset").asDouble(Double.NaN);
    parts.require(Double.isFinite(mean), ".absmax", "has no number as nested_offset");
    TensorInfo codes = parts.tensor(".absmax", count, DType.U8);
    TensorInfo scales = parts.tensor(".nested_absmax", (count + group - 1) / group, DType.F32);
    return () ->
        new QuantizedFactors(HostBytes.of(parts.bytes(codes)), parts.floats(scales), (float) mean);
  }

  private static void sameValues(Parts parts, String suffix, Codebook codebook) {
    float[] expected = codebook.values();
    TensorInfo values = parts.tensor(suffix, expected.length, DType.F32);
    if (!Arrays.equals(parts.floats(values), expected)) {
      throw new PeftException(
          values.name() + " holds other values than bitsandbytes' format; they are not supported.");
    }
  }
}
