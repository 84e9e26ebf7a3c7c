package org.peft4j.kernel;

import org.nd4j.linalg.api.buffer.DataType;

/** A matrix of small whole numbers, which every type holds exactly: {@code w[i, j]}. */
record WholeRows(long rows, long columns, DataType type) implements WeightRows {
  static int value(long row, long column) {
    return (int) ((row * 7 + column * 3) % 11 - 5);
  }

  @Override
  public void write(int from, int to, float[] target) {
    for (int row = from; row < to; row++) {
      for (int column = 0; column < columns; column++) {
        target[(int) ((row - from) * columns) + column] = value(row, column);
      }
    }
  }

  /** All of it. */
  double[][] whole() {
    double[][] whole = new double[(int) rows][(int) columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        whole[row][column] = value(row, column);
      }
    }
    return whole;
  }
}
