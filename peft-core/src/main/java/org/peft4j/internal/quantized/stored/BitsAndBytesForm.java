package org.peft4j.internal.quantized.stored;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.quantized.Codebook;
import org.peft4j.internal.quantized.DynamicValues;
import org.peft4j.internal.quantized.FourBitWeight;
import org.peft4j.internal.quantized.PlainFactors;
import org.peft4j.internal.quantized.QuantizedFactors;
import org.peft4j.internal.quantized.QuantizedWeight;
import org.peft4j.internal.quantized.RowWeight;
import org.peft4j.safetensors.DType;

/** The tensors in which bitsandbytes holds a weight, and transformers reads it. */
public final class BitsAndBytesForm {
  private BitsAndBytesForm() {}

  /**
   * The tensors of a weight.
   *
   * @param name the weight's: {@code model.layers.0.mlp.up_proj.weight}
   * @throws IllegalArgumentException for integers by groups, which bitsandbytes does not have
   */
  public static List<WrittenTensor> of(String name, QuantizedWeight weight) {
    if (weight instanceof FourBitWeight blocks) {
      return fourBits(name, blocks);
    }
    if (weight instanceof RowWeight rows) {
      return rows(name, rows);
    }
    throw new IllegalArgumentException(name + " is held as " + weight.format() + " by groups.");
  }

  private static List<WrittenTensor> fourBits(String name, FourBitWeight weight) {
    List<WrittenTensor> tensors = new ArrayList<>();
    ByteBuffer codes = weight.codes();
    tensors.add(
        new WrittenTensor(name, DType.U8, List.of((long) codes.remaining(), 1L), weight::codes));
    ObjectNode state = JsonNodeFactory.instance.objectNode();
    String format = weight.quantization().format().id();
    state.put("quant_type", format);
    state.put("blocksize", weight.quantization().blockSize());
    state.put("dtype", weight.type() == DataType.BFLOAT16 ? "bfloat16" : "float32");
    state.putArray("shape").add(weight.shape()[0]).add(weight.shape()[1]);
    float[] values = Codebook.of(weight.quantization().format()).values();
    tensors.add(WrittenTensor.floats(name + ".quant_map", values));
    if (weight.factors() instanceof QuantizedFactors nested) {
      ByteBuffer bytes = nested.codes();
      tensors.add(
          new WrittenTensor(
              name + ".absmax", DType.U8, List.of((long) bytes.remaining()), nested::codes));
      tensors.add(WrittenTensor.floats(name + ".nested_absmax", nested.scales()));
      tensors.add(
          WrittenTensor.floats(name + ".nested_quant_map", DynamicValues.CODEBOOK.values()));
      state.put("nested_blocksize", QuantizedFactors.GROUP);
      state.put("nested_dtype", "float32");
      state.put("nested_offset", nested.mean());
    } else {
      PlainFactors plain = (PlainFactors) weight.factors();
      tensors.add(WrittenTensor.floats(name + ".absmax", plain.values()));
    }
    byte[] text = state.toString().getBytes(StandardCharsets.UTF_8);
    tensors.add(
        new WrittenTensor(
            name + FourBitBlocks.STATE + format,
            DType.U8,
            List.of((long) text.length),
            () -> ByteBuffer.wrap(text)));
    return tensors;
  }

  private static List<WrittenTensor> rows(String name, RowWeight weight) {
    String module = name.substring(0, name.length() - "weight".length());
    List<Long> shape = List.of(weight.shape()[0], weight.shape()[1]);
    return List.of(
        new WrittenTensor(name, DType.I8, shape, weight::codes),
        WrittenTensor.floats(module + "SCB", weight.factors().values()),
        new WrittenTensor(
            module + "weight_format", DType.U8, List.of(), () -> ByteBuffer.allocate(1)));
  }
}
