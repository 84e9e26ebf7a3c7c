package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.IntegerRows;
import org.peft4j.kernel.WeightRows;
import org.peft4j.memory.Scratch;
import org.peft4j.weight.Replacement;
import org.peft4j.weight.WeightView;

/**
 * A matrix of integers: {@code w = s·code − o}, with a scale s and an offset o for each output and
 * group of inputs. It takes a change that all inputs of a group have alike into the offsets,
 * exactly: {@code o ← o − Δ} (QA-LoRA: Xu et al., 2023, section 3.3).
 */
public final class GroupWeight extends QuantizedWeight {
  private final InputGroups groups;
  private final int bits;
  private final Codes codes;
  private final PlainFactors scales;
  private volatile PlainFactors offsets;

  /**
   * @param shape of W, [out, in]
   * @param view how a checkpoint's array is seen as W
   * @param type the type of products: FLOAT, BFLOAT16 or DOUBLE
   * @param scales [out, groups], row by row
   * @param offsets [out, groups], row by row
   */
  public GroupWeight(
      long[] shape,
      WeightView view,
      InputGroups groups,
      DataType type,
      Codes codes,
      PlainFactors scales,
      PlainFactors offsets) {
    super(shape, view, type);
    this.groups = groups;
    this.bits = codes.bits();
    this.codes = codes;
    this.scales = scales;
    this.offsets = offsets;
  }

  @Override
  public String format() {
    return "INT" + bits;
  }

  @Override
  public long bytes() {
    return codes.size() + scales.bytes() + offsets.bytes() + groups.bytes();
  }

  /** The bits of a code. */
  public int bits() {
    return bits;
  }

  public InputGroups groups() {
    return groups;
  }

  /** Codes row by row of W; two of 4 bits in a byte, the first in its lower half. */
  public ByteBuffer codes() {
    return codes.buffer();
  }

  /** A copy of s, [out, groups]. */
  public float[] scales() {
    return scales.values();
  }

  /** A copy of o, [out, groups], with what is merged into it now. */
  public float[] offsets() {
    return offsets.values();
  }

  @Override
  void decode(long first, int count, float[] target, int at) {
    int columns = groups.columns();
    int[] row = new int[Math.min(columns, count)];
    long end = first + count;
    int out = at;
    for (long from = first; from < end; ) {
      int start = (int) (from % columns);
      int size = (int) Math.min(end - from, columns - start);
      codes.get(from, size, row);
      scale(row, size, from / columns, start, target, out);
      out += size;
      from += size;
    }
  }

  @Override
  WeightRows rows() {
    return new Integers();
  }

  /** Rows that a product may take as codes, too. */
  private final class Integers extends Rows implements IntegerRows {
    @Override
    public ByteBuffer codes() {
      return codes.buffer();
    }

    @Override
    public int bits() {
      return bits;
    }

    @Override
    public boolean signed() {
      return false;
    }

    @Override
    public int groups() {
      return groups.count();
    }

    @Override
    public int groupSize() {
      return groups.order().isPresent() ? 0 : groups.size();
    }

    @Override
    public int group(int input) {
      return groups.of(input);
    }

    @Override
    public void factors(int row, float[] ofScales, float[] ofOffsets) {
      scales.get(row * ofScales.length, ofScales);
      offsets.get(row * ofOffsets.length, ofOffsets);
    }
  }

  /** Numbers of a row from input {@code start} on. */
  private void scale(int[] codes, int size, long row, int start, float[] target, int at) {
    int first = Math.toIntExact(row * groups.count());
    PlainFactors now = offsets;
    for (int from = 0; from < size; ) {
      int group = first + groups.of(start + from);
      int to = Math.min(size, groups.end(start + from) - start);
      float scale = scales.of(group);
      float offset = now.of(group);
      for (int i = from; i < to; i++) {
        target[at + i] = scale * codes[i] - offset;
      }
      from = to;
    }
  }

  /**
   * @throws org.peft4j.error.PeftException unless the change is the same for all inputs of a group
   */
  @Override
  public Replacement replace(INDArray values) {
    Replacement shifted =
        new Shifted(PlainFactors.of(new GroupShift(this, groups, offsets.values()).by(values)));
    Scratch.release(values);
    return shifted;
  }

  /** Other offsets. */
  private final class Shifted implements Replacement {
    private final PlainFactors own = offsets;
    private final PlainFactors other;

    Shifted(PlainFactors other) {
      this.other = other;
      offsets = other;
    }

    @Override
    public void suspend() {
      offsets = own;
    }

    @Override
    public void resume() {
      offsets = other;
    }

    @Override
    public void keep() {
      resume();
      own.close();
    }

    @Override
    public void close() {
      suspend();
      other.close();
    }
  }

  @Override
  public void close() {
    codes.close();
    scales.close();
    offsets.close();
  }
}
