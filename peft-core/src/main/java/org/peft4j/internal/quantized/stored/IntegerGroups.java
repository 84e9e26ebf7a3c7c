package org.peft4j.internal.quantized.stored;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.quantized.Codes;
import org.peft4j.internal.quantized.GroupWeight;
import org.peft4j.internal.quantized.HostBytes;
import org.peft4j.internal.quantized.InputGroups;
import org.peft4j.internal.quantized.PlainFactors;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.weight.WeightView;

/**
 * Integers by groups as this library writes them. {@code w = s·code − o}: {@code weight} [bytes, 1]
 * holds the codes, row by row of W, two of 4 bits in a byte, the first in its lower half; {@code
 * weight.scales} and {@code weight.offsets} [out, groups] are s and o in FP32; {@code weight.shape}
 * is [out, in]; and {@code weight.g_idx} [in] the group of each input, where groups are not
 * consecutive. All stay in the mapped file.
 *
 * <p>GPTQ's form has scales in FP16 and whole zero points, which would round both: offsets are no
 * multiples of scales once QA-LoRA is merged.
 *
 * @param bits of a code: 4 or 8
 * @param groupSize the inputs of a group; 0 for all of them
 */
public record IntegerGroups(int bits, int groupSize) implements StoredWeights {
  private static final String SHAPE = ".weight.shape";
  private static final String CODES = ".weight";
  private static final String SCALES = ".weight.scales";

  /** The end of the name of what merging moves. */
  public static final String OFFSETS = ".weight.offsets";

  private static final String ORDER = ".weight.g_idx";

  @Override
  public Map<String, StoredWeight> in(TensorSource source) {
    Map<String, StoredWeight> found = new TreeMap<>();
    for (String name : source.tensors().keySet()) {
      if (name.endsWith(SHAPE)) {
        String module = name.substring(0, name.length() - SHAPE.length());
        found.put(module + CODES, read(new Parts(source, module)));
      }
    }
    return found;
  }

  private StoredWeight read(Parts parts) {
    int[] shape = parts.integers(parts.tensor(SHAPE, 2, DType.I32));
    long out = shape[0];
    int in = shape[1];
    parts.require(
        out > 0 && in > 0 && in < Integer.MAX_VALUE / out,
        SHAPE,
        "is [" + out + ", " + in + "]; a matrix is expected");
    TensorInfo codes = parts.tensor(CODES, (out * in * bits + 7) / 8, DType.U8);
    int groups = groupSize == 0 ? 1 : (in + groupSize - 1) / groupSize;
    TensorInfo scales = parts.tensor(SCALES, out * groups, DType.F32);
    TensorInfo offsets = parts.tensor(OFFSETS, out * groups, DType.F32);
    InputGroups order = parts.order(ORDER, in, groups, groupSize);
    return new StoredWeight(
        parts.names(),
        out,
        in,
        true,
        (view, type) ->
            weight(
                new long[] {out, in},
                view,
                order,
                type,
                parts.bytes(codes),
                factors(parts, scales),
                factors(parts, offsets)));
  }

  private GroupWeight weight(
      long[] shape,
      WeightView view,
      InputGroups groups,
      DataType type,
      ByteBuffer codes,
      PlainFactors scales,
      PlainFactors offsets) {
    return new GroupWeight(
        shape, view, groups, type, Codes.in(bits, HostBytes.of(codes)), scales, offsets);
  }

  private static PlainFactors factors(Parts parts, TensorInfo info) {
    parts.floats(info); // Checks.
    return PlainFactors.in(HostBytes.of(parts.bytes(info)));
  }

  /**
   * The tensors of a weight.
   *
   * @param name the weight's: {@code model.layers.0.mlp.up_proj.weight}
   */
  public static List<WrittenTensor> tensors(String name, GroupWeight weight) {
    long out = weight.shape()[0];
    long count = weight.codes().remaining();
    List<Long> grouped = List.of(out, (long) weight.groups().count());
    List<WrittenTensor> tensors = new ArrayList<>();
    tensors.add(new WrittenTensor(name, DType.U8, List.of(count, 1L), weight::codes));
    tensors.add(
        new WrittenTensor(
            name + ".scales", DType.F32, grouped, () -> WrittenTensor.bytes(weight.scales())));
    // Read when its turn comes: merging moves offsets.
    tensors.add(
        new WrittenTensor(
            name + ".offsets", DType.F32, grouped, () -> WrittenTensor.bytes(weight.offsets())));
    tensors.add(WrittenTensor.integers(name + ".shape", (int) out, (int) weight.shape()[1]));
    weight
        .groups()
        .order()
        .ifPresent(order -> tensors.add(WrittenTensor.integers(name + ".g_idx", order)));
    return tensors;
  }
}
