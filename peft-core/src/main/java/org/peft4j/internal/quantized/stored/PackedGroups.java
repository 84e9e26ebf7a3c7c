package org.peft4j.internal.quantized.stored;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.quantized.Codes;
import org.peft4j.internal.quantized.GroupWeight;
import org.peft4j.internal.quantized.InputGroups;
import org.peft4j.internal.quantized.PlainFactors;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.weight.WeightView;

/**
 * Integers by groups in words of 32 bits: {@code qweight} holds the codes, {@code qzeros} [groups,
 * …] the zero points z, {@code scales} [groups, out] the scales s, and {@code g_idx} [in] the group
 * of each input. {@code w = s·(code − z)}. The codes are repacked, row by row of W.
 *
 * @param layout of the words
 * @param bits of a code: 4 or 8
 * @param groupSize the inputs of a group; 0 for all of them
 * @param zeroShift what is added to a stored zero point: 1 in GPTQ's first form
 */
public record PackedGroups(Layout layout, int bits, int groupSize, int zeroShift)
    implements StoredWeights {
  private static final String CODES = ".qweight";
  private static final String ORDER = ".g_idx";

  /** Outputs that are repacked by one task: codes that share a byte stay together. */
  private static final int ROWS = 32;

  /** Which codes a word has. */
  public enum Layout {
    /** GPTQ: consecutive inputs of one output, {@code qweight} [in/codes, out]. */
    INPUTS,
    /**
     * AWQ's {@code gemm}: consecutive outputs of one input in the order 0, 2, 4, 6, 1, 3, 5, 7,
     * {@code qweight} [in, out/8].
     */
    OUTPUTS
  }

  @Override
  public Map<String, StoredWeight> in(TensorSource source) {
    Map<String, StoredWeight> found = new TreeMap<>();
    for (String name : source.tensors().keySet()) {
      if (name.endsWith(CODES)) {
        String module = name.substring(0, name.length() - CODES.length());
        found.put(module + ".weight", read(new Parts(source, module)));
      }
    }
    return found;
  }

  private StoredWeight read(Parts parts) {
    TensorInfo codes = parts.tensor(CODES, DType.I32);
    parts.require(codes.shape().size() == 2, CODES, "has shape " + codes.shape());
    boolean inputs = layout == Layout.INPUTS;
    int perWord = Integer.SIZE / bits;
    int in = Math.toIntExact(codes.shape().get(0) * (inputs ? perWord : 1));
    int out = Math.toIntExact(codes.shape().get(1) * (inputs ? 1 : perWord));
    int groups = groupSize == 0 ? 1 : (in + groupSize - 1) / groupSize;
    parts.require(out % perWord == 0, CODES, "has " + out + " outputs, no multiple of " + perWord);
    TensorInfo zeros = parts.tensor(".qzeros", (long) groups * out / perWord, DType.I32);
    TensorInfo scales =
        parts.tensor(".scales", (long) groups * out, DType.F16, DType.BF16, DType.F32);
    InputGroups order = parts.order(ORDER, in, groups, groupSize);
    return new StoredWeight(
        parts.names(),
        out,
        in,
        false,
        (view, type) -> {
          Words words = new Words(parts.integers(codes), inputs, out, in);
          return weight(words, parts.integers(zeros), parts.floats(scales), order, view, type);
        });
  }

  private GroupWeight weight(
      Words words,
      int[] zeros,
      float[] scales,
      InputGroups groups,
      WeightView view,
      DataType type) {
    int out = words.out();
    int in = words.in();
    int count = scales.length / out;
    Codes codes = Codes.allocate(bits, (long) out * in);
    float[] turnedScales = new float[scales.length];
    float[] offsets = new float[scales.length];
    IntStream.range(0, (out + ROWS - 1) / ROWS)
        .parallel()
        .forEach(
            task -> {
              int to = Math.min(out, (task + 1) * ROWS);
              int[] rows = new int[(to - task * ROWS) * in];
              for (int i = 0; i < in; i++) {
                for (int row = task * ROWS; row < to; row++) {
                  rows[(row - task * ROWS) * in + i] = words.code(row, i);
                }
              }
              codes.put((long) task * ROWS * in, rows);
              for (int row = task * ROWS; row < to; row++) {
                for (int group = 0; group < count; group++) {
                  float scale = scales[group * out + row];
                  turnedScales[row * count + group] = scale;
                  offsets[row * count + group] = scale * zero(zeros, group, row, out);
                }
              }
            });
    return new GroupWeight(
        new long[] {out, in},
        view,
        groups,
        type,
        codes,
        PlainFactors.of(turnedScales),
        PlainFactors.of(offsets));
  }

  private int zero(int[] zeros, int group, int row, int out) {
    int perWord = Integer.SIZE / bits;
    int word = zeros[group * (out / perWord) + row / perWord];
    return field(word, place(row % perWord)) + zeroShift;
  }

  /** The place in its word of output {@code number}. */
  private int place(int number) {
    return layout == Layout.INPUTS ? number : number % 2 * 4 + number / 2;
  }

  private int field(int word, int place) {
    return word >>> place * bits & (1 << bits) - 1;
  }

  /** The codes of a matrix. */
  private final class Words {
    private final int[] words;
    private final boolean inputs;
    private final int out;
    private final int in;

    Words(int[] words, boolean inputs, int out, int in) {
      this.words = words;
      this.inputs = inputs;
      this.out = out;
      this.in = in;
    }

    int out() {
      return out;
    }

    int in() {
      return in;
    }

    int code(int row, int input) {
      int perWord = Integer.SIZE / bits;
      return inputs
          ? field(words[input / perWord * out + row], input % perWord)
          : field(words[input * (out / perWord) + row / perWord], place(row % perWord));
    }
  }
}
