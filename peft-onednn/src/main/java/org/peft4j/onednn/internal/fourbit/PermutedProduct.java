package org.peft4j.onednn.internal.fourbit;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.CodedRows;
import org.peft4j.onednn.internal.Crew;
import org.peft4j.onednn.internal.vector.FarRows;
import org.peft4j.onednn.internal.vector.FewRows;
import org.peft4j.onednn.internal.vector.NativeVectors;

/** Few rows times a matrix in 4 bits, by permutations. */
final class PermutedProduct {
  /** Rows of a stream whose factors are read at once. */
  private static final int TOGETHER = 32;

  private final CodedRows weight;
  private final PermutedCodes codes;
  private final float[][] x;
  private final FewRows results;

  /** Of a row of the matrix. */
  private final int blocks;

  private final int units;
  private final long bytes;

  private PermutedProduct(float[][] x, CodedRows weight, FewRows results) {
    this.weight = weight;
    this.codes = PermutedCodes.of(weight.values(), weight.columns());
    this.x = new float[x.length][];
    for (int row = 0; row < x.length; row++) {
      this.x[row] = codes.ordered(x[row]);
    }
    this.results = results;
    int columns = x[0].length;
    blocks = columns / weight.blockSize();
    units = columns / PermutedCodes.UNIT;
    bytes = columns / PermutedCodes.CODES_IN_BYTE;
  }

  /** Whether {@link #multiply} takes a matrix whose rows are whole blocks. */
  static boolean possible(CodedRows weight) {
    return PermutedCodes.present()
        && weight.rows() * weight.columns() >= FewRows.LEAST
        && weight.blockSize() % PermutedCodes.UNIT == 0;
  }

  /** As {@link CodedProduct#multiply}. */
  static void multiply(INDArray x, CodedRows weight, INDArray out) {
    PermutedProduct product =
        new PermutedProduct(FewRows.of(x), weight, new FewRows(out, 1, false));
    Crew.run(weight.rows(), weight.columns(), product::compute);
  }

  /** Makes the results of some rows of the matrix. */
  private void compute(int from, int to) {
    FarRows.run(from, to, codes.streams(), new Part());
  }

  private final class Part implements FarRows.Use {
    private final Object memory = NativeVectors.of(weight.codes());
    private final BlockFactors.Reader factors = BlockFactors.of(weight);
    private final int streams = codes.streams();
    private final float[][] ofUnits = new float[streams][];
    private final float[] sums = new float[streams];
    private float[] ofBlocks = {};

    @Override
    public void run(int first, int length, int apart, int count) {
      for (int done = 0; done < length; done += TOGETHER) {
        int rows = Math.min(TOGETHER, length - done);
        for (int stream = 0; stream < count; stream++) {
          readFactors(stream, first + done + stream * apart, rows);
        }
        Arrays.fill(ofUnits, count, streams, ofUnits[0]); // One stream takes the places of all.
        for (int row = 0; row < rows; row++) {
          multiply(first + done + row, row * units, apart, count);
        }
      }
    }

    private void readFactors(int stream, int first, int rows) {
      ofUnits[stream] = ofLength(rows * units, ofUnits[stream]);
      if (blocks == units) {
        factors.read(first * blocks, ofUnits[stream]);
        return;
      }
      ofBlocks = ofLength(rows * blocks, ofBlocks);
      factors.read(first * blocks, ofBlocks);
      PermutedCodes.spread(ofBlocks, 0, units / blocks, ofUnits[stream], rows * units);
    }

    /**
     * Results of a row of each stream.
     *
     * @param unit the row's first factor
     */
    private void multiply(int first, int unit, int apart, int count) {
      for (int row = 0; row < x.length; row++) {
        codes.dots(memory, first * bytes, apart * bytes, ofUnits, unit, x[row], sums);
        for (int stream = 0; stream < count; stream++) {
          results.put(row, first + stream * apart, sums[stream]);
        }
      }
    }

    private static float[] ofLength(int length, float @Nullable [] array) {
      return array != null && array.length == length ? array : new float[length];
    }
  }
}
