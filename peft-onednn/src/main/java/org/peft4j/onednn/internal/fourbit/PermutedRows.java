package org.peft4j.onednn.internal.fourbit;

import java.nio.ByteOrder;
import java.nio.LongBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.kernel.CodedRows;
import org.peft4j.kernel.WeightRows;

/** The rows of a matrix in 4 bits, made by permutations. */
public final class PermutedRows implements WeightRows {
  private final CodedRows weight;
  private final PermutedCodes codes;

  private PermutedRows(CodedRows weight) {
    this.weight = weight;
    this.codes = PermutedCodes.of(weight.values(), weight.columns());
  }

  /** These, or {@code weight} itself where it cannot be made so. */
  public static WeightRows of(WeightRows weight) {
    boolean possible =
        PermutedCodes.present()
            && weight instanceof CodedRows coded
            && coded.columns() % PermutedCodes.UNIT == 0
            && coded.blockSize() % PermutedCodes.UNIT == 0;
    return possible ? new PermutedRows((CodedRows) weight) : weight;
  }

  @Override
  public long rows() {
    return weight.rows();
  }

  @Override
  public long columns() {
    return weight.columns();
  }

  @Override
  public DataType type() {
    return weight.type();
  }

  @Override
  public void write(int from, int to, float[] target) {
    long first = from * columns();
    int count = Math.toIntExact((to - from) * columns());
    long[] words = new long[count / PermutedCodes.WORD];
    LongBuffer memory = weight.codes().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    memory.get((int) (first / PermutedCodes.WORD), words);
    int size = weight.blockSize();
    int block = (int) (first / size);
    float[] ofBlocks = new float[(int) ((first + count - 1) / size) - block + 1];
    BlockFactors.of(weight).read(block, ofBlocks);
    float[] ofUnits = new float[count / PermutedCodes.UNIT];
    int before = (int) (first % size) / PermutedCodes.UNIT;
    PermutedCodes.spread(ofBlocks, before, size / PermutedCodes.UNIT, ofUnits, ofUnits.length);
    codes.write(words, ofUnits, target);
  }
}
