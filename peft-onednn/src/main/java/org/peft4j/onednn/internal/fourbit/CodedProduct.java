package org.peft4j.onednn.internal.fourbit;

import java.nio.ByteBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.CodedRows;
import org.peft4j.onednn.internal.Crew;
import org.peft4j.onednn.internal.vector.FewRows;
import org.peft4j.onednn.internal.vector.VectorUnit;

/**
 * Few rows times a matrix in 4 bits, straight from its codes: each is read once. Java 25 chooses
 * values by permutations, where it has vector instructions. Before, one or two rows are multiplied
 * by tables of products; with vector instructions, more rows share the values of a row of codes,
 * and so do a few rows of the matrix, which are not worth tables.
 */
public final class CodedProduct {
  /** Codes in a byte. */
  private static final int CODES = 2;

  /** Rows beyond which values are faster than tables, where there are vector instructions. */
  private static final int TABLES = 2;

  private CodedProduct() {}

  /** Whether {@link #multiply} takes these. */
  public static boolean possible(INDArray x, CodedRows weight, INDArray out) {
    return FewRows.are(x)
        && FewRows.are(out)
        && x.dataType() == DataType.FLOAT
        && out.dataType() == DataType.FLOAT
        && weight.columns() % weight.blockSize() == 0
        && (TableProduct.possible(weight) || VectorUnit.PRESENT && vectors(weight));
  }

  private static boolean vectors(CodedRows weight) {
    return weight.rows() * weight.columns() >= FewRows.LEAST
        && weight.blockSize() % CodeRows.STEP == 0;
  }

  /**
   * {@code out = x·Wᵀ}.
   *
   * @param x [m, in]
   * @param weight [out, in]
   * @param out [m, out]
   */
  public static void multiply(INDArray x, CodedRows weight, INDArray out) {
    boolean few = x.size(0) <= TABLES || !VectorUnit.PRESENT;
    if (VectorUnit.PRESENT && PermutedProduct.possible(weight)) {
      PermutedProduct.multiply(x, weight, out);
    } else if (few && TableProduct.possible(weight)) {
      TableProduct.multiply(x, weight, out);
    } else {
      multiplyValues(x, weight, out);
    }
  }

  private static void multiplyValues(INDArray x, CodedRows weight, INDArray out) {
    float[][] rows = FewRows.of(x);
    int bytes = rows[0].length / CODES;
    int size = weight.blockSize();
    int blocks = rows[0].length / size;
    CodeRows values = new CodeRows(weight.values());
    ByteBuffer codes = weight.codes();
    FewRows results = new FewRows(out, 1, false);
    Crew.run(
        weight.rows(),
        weight.columns(),
        (from, to) -> {
          byte[] ofRow = new byte[bytes];
          long[] pairs = new long[bytes];
          float[] factors = new float[blocks];
          for (int column = from; column < to; column++) {
            codes.get(column * bytes, ofRow);
            values.look(ofRow, pairs);
            weight.factors(column * blocks, factors);
            for (int row = 0; row < rows.length; row++) {
              results.put(row, column, CodeRows.dot(pairs, factors, size, rows[row]));
            }
          }
        });
  }
}
