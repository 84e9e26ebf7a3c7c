package org.peft4j.onednn.internal.vector;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.CodedRows;
import org.peft4j.onednn.internal.Crew;

/** Few rows times a matrix in 4 bits, by permutations. */
final class PermutedProduct {
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
    private final int streams = codes.streams();
    private final float[] ofBlocks = new float[blocks];
    private final float[] ofUnits = new float[streams * units];
    private final float[] sums = new float[streams];

    @Override
    public void rows(int first, int apart, int count) {
      for (int stream = 0; stream < count; stream++) {
        weight.factors((first + stream * apart) * blocks, ofBlocks);
        PermutedCodes.spread(ofBlocks, 0, units / blocks, ofUnits, stream * units, units);
      }
      for (int row = 0; row < x.length; row++) {
        codes.dots(memory, first * bytes, apart * bytes, ofUnits, x[row], sums);
        for (int stream = 0; stream < count; stream++) {
          results.put(row, first + stream * apart, sums[stream]);
        }
      }
    }
  }
}
