package org.peft4j.onednn.internal.vector;

import java.nio.ByteBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.IntegerRows;
import org.peft4j.onednn.internal.Crew;

/**
 * Few rows times a matrix of integers, straight from its codes: {@code Σ w·x = Σ s·code·x − Σ o·X},
 * where X is the sum of a group's inputs.
 */
public final class IntegerProduct {
  private final IntegerRows weight;
  private final IntegerCodes codes;
  private final int columns;
  private final int groups;
  private final int bytes;

  private IntegerProduct(IntegerRows weight) {
    this.weight = weight;
    this.codes = new IntegerCodes(weight.bits(), weight.signed());
    this.columns = (int) weight.columns();
    this.groups = weight.groups();
    this.bytes = columns * weight.bits() / Byte.SIZE;
  }

  /** Whether {@link #multiply} takes these: rows of the matrix begin with a byte. */
  public static boolean possible(INDArray x, IntegerRows weight, INDArray out) {
    return VectorUnit.PRESENT
        && FewRows.are(x)
        && FewRows.are(out)
        && weight.rows() * weight.columns() >= FewRows.LEAST
        && x.dataType() == DataType.FLOAT
        && out.dataType() == DataType.FLOAT
        && weight.columns() * weight.bits() % Byte.SIZE == 0;
  }

  /**
   * {@code out = x·Wᵀ}.
   *
   * @param x [m, in]
   * @param weight [out, in]
   * @param out [m, out]
   */
  public static void multiply(INDArray x, IntegerRows weight, INDArray out) {
    new IntegerProduct(weight).multiply(FewRows.of(x), new FewRows(out, 1, false));
  }

  private void multiply(float[][] x, FewRows results) {
    float[][] ordered = new float[x.length][];
    float[][] sums = new float[x.length][];
    for (int row = 0; row < x.length; row++) {
      ordered[row] = codes.ordered(x[row]);
      sums[row] = sums(x[row]);
    }
    GroupScales scales = new GroupScales(weight, codes);
    ByteBuffer memory = weight.codes();
    Crew.run(
        weight.rows(),
        columns,
        (from, to) -> {
          byte[] ofRow = new byte[codes.room(columns) * weight.bits() / Byte.SIZE];
          float[] s = new float[groups];
          float[] o = new float[groups];
          float[] scaled = scales.memory();
          for (int column = from; column < to; column++) {
            memory.get(column * bytes, ofRow, 0, bytes);
            weight.factors(column, s, o);
            codes.shift(s, o);
            for (int row = 0; row < ordered.length; row++) {
              float offset = FloatRows.dot(o, 0, sums[row]);
              results.put(row, column, scales.dot(ofRow, s, ordered[row], scaled) - offset);
            }
          }
        });
  }

  /** The sum of each group's inputs. */
  private float[] sums(float[] x) {
    float[] sums = new float[groups];
    for (int i = 0; i < x.length; i++) {
      sums[weight.group(i)] += x[i];
    }
    return sums;
  }
}
