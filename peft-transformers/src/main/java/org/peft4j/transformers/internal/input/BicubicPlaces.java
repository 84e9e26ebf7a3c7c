package org.peft4j.transformers.internal.input;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.PatchInput;

/**
 * Positions of patches between those that a model has learnt: bicubic interpolation with a = −0.75
 * (Keys, 1981), pixel centres at ½, the edge repeated, as PyTorch's {@code interpolate(mode =
 * "bicubic", align_corners = False)}. It is linear: {@code new[i, j] = Σ u[i, k]·v[j, l]·old[k,
 * l]}.
 *
 * @param tokens the number of tokens before the patches, whose positions stay
 * @param vertical u [new rows, old rows]
 * @param horizontal v [new columns, old columns]
 */
record BicubicPlaces(int tokens, double[][] vertical, double[][] horizontal) {
  private static final double A = -0.75;

  /**
   * The places of pictures with that many rows and columns of patches.
   *
   * @throws PeftException if the model's own pictures have not as many columns as rows
   */
  static BicubicPlaces of(PatchInput part, long rows, long columns) {
    if (part.rows() != part.columns()) {
      throw new PeftException(
          "This model has positions for "
              + part.rows()
              + " × "
              + part.columns()
              + " patches; positions are interpolated for as many rows as columns only. Resize the"
              + " pictures to "
              + part.imageHeight()
              + " × "
              + part.imageWidth()
              + " pixels.");
    }
    return new BicubicPlaces(
        part.tokens().size(),
        weights(part.rows(), Math.toIntExact(rows)),
        weights(part.columns(), Math.toIntExact(columns)));
  }

  /** The weights [count, from] of the old places in the new ones. */
  static double[][] weights(int from, int count) {
    double[][] weights = new double[count][from];
    for (int i = 0; i < count; i++) {
      double place = (i + 0.5) * from / count - 0.5;
      int first = (int) Math.floor(place);
      double t = place - first;
      for (int k = -1; k <= 2; k++) {
        int old = Math.max(0, Math.min(from - 1, first + k));
        weights[i][old] += kernel(Math.abs(t - k));
      }
    }
    return weights;
  }

  private static double kernel(double x) {
    if (x <= 1) {
      return ((A + 2) * x - (A + 3)) * x * x + 1;
    }
    return x < 2 ? ((A * x - 5 * A) * x + 8 * A) * x - 4 * A : 0;
  }

  /**
   * Writes the positions of tokens and patches.
   *
   * @param old [tokens + old patches, width]
   * @param table [tokens + new patches, width], overwritten
   */
  void interpolate(INDArray old, INDArray table) {
    double[][] from = old.toDoubleMatrix();
    double[][] to = new double[(int) table.size(0)][];
    for (int token = 0; token < tokens; token++) {
      to[token] = from[token];
    }
    int width = horizontal[0].length;
    for (int i = 0; i < vertical.length; i++) {
      for (int j = 0; j < horizontal.length; j++) {
        double[] sum = new double[(int) table.size(1)];
        for (int k = 0; k < vertical[i].length; k++) {
          for (int l = 0; l < width; l++) {
            add(vertical[i][k] * horizontal[j][l], from[tokens + k * width + l], sum);
          }
        }
        to[tokens + i * horizontal.length + j] = sum;
      }
    }
    put(to, table);
  }

  /**
   * The gradient of the old positions, given that of the new ones.
   *
   * @param table [tokens + new patches, width]
   * @param old [tokens + old patches, width], overwritten
   */
  void spread(INDArray table, INDArray old) {
    double[][] from = table.toDoubleMatrix();
    double[][] to = new double[(int) old.size(0)][(int) old.size(1)];
    for (int token = 0; token < tokens; token++) {
      to[token] = from[token];
    }
    int width = horizontal[0].length;
    for (int i = 0; i < vertical.length; i++) {
      for (int j = 0; j < horizontal.length; j++) {
        double[] gradient = from[tokens + i * horizontal.length + j];
        for (int k = 0; k < vertical[i].length; k++) {
          for (int l = 0; l < width; l++) {
            add(vertical[i][k] * horizontal[j][l], gradient, to[tokens + k * width + l]);
          }
        }
      }
    }
    put(to, old);
  }

  private static void add(double factor, double[] row, double[] sum) {
    if (factor != 0) {
      for (int d = 0; d < sum.length; d++) {
        sum[d] += factor * row[d];
      }
    }
  }

  private static void put(double[][] values, INDArray target) {
    for (int i = 0; i < values.length; i++) {
      for (int d = 0; d < values[i].length; d++) {
        target.putScalar(i, d, values[i][d]);
      }
    }
  }
}
