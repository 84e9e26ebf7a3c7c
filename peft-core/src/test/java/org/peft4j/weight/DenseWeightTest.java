package org.peft4j.weight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;

/** W = [[1, 2, 3], [4, 5, 6]] in each way in which it may be stored. */
class DenseWeightTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final INDArray W = matrix(new double[][] {{1, 2, 3}, {4, 5, 6}});

  private enum Stored {
    ROWS {
      @Override
      DenseWeight make() {
        return DenseWeight.of(W.dup('c'));
      }
    },
    COLUMNS {
      @Override
      DenseWeight make() {
        return DenseWeight.of(W.dup('f'));
      }
    },
    INPUTS_FIRST {
      @Override
      DenseWeight make() {
        return DenseWeight.of(W.transpose().dup('c'), WeightView.TRANSPOSED);
      }
    },
    HEADS {
      @Override
      DenseWeight make() {
        return DenseWeight.of(W.dup('c').reshape('c', 2, 1, 3), WeightView.HEADS_JOINED);
      }
    },
    CONVOLUTION {
      @Override
      DenseWeight make() {
        return DenseWeight.of(W.dup('c').reshape('c', 2, 3, 1));
      }
    },
    /** Deeplearning4j's dense layer: [in, out], column-major, in a longer vector. */
    VECTOR {
      @Override
      DenseWeight make() {
        INDArray vector = Nd4j.zeros(DataType.DOUBLE, 1, 10);
        INDArray part =
            vector
                .get(NDArrayIndex.point(0), NDArrayIndex.interval(2, 8))
                .reshape('f', W.size(1), W.size(0));
        part.assign(W.transpose());
        return DenseWeight.ofVector(part, WeightView.TRANSPOSED);
      }
    };

    abstract DenseWeight make();
  }

  @ParameterizedTest
  @EnumSource
  void keepsItsShapeWhenACallerChangesWhatItWasGiven(Stored stored) {
    try (DenseWeight weight = stored.make()) {
      long[] before = weight.storedShape();
      long[] given = weight.storedShape();
      given[0] = 17;

      assertThat(weight.storedShape()).isEqualTo(before);
      assertThat(weight.array().orElseThrow().size(0)).isEqualTo(before[0]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void itMultipliesRowsFromEitherSide(Stored stored) {
    DenseWeight weight = stored.make();
    INDArray y = Nd4j.zeros(DataType.DOUBLE, 1, 2);
    weight.multiply(KERNELS, matrix(new double[][] {{1, 0, -1}}), vector(10, 20), y);
    assertThat(y).isEqualTo(matrix(new double[][] {{1 - 3 + 10, 4 - 6 + 20}}));

    INDArray dx = matrix(new double[][] {{100, 100, 100}});
    weight.multiplyTransposed(KERNELS, matrix(new double[][] {{1, -1}}), 1, dx);
    assertThat(dx).isEqualTo(matrix(new double[][] {{97, 97, 97}}));
    weight.multiplyTransposed(KERNELS, matrix(new double[][] {{1, -1}}), 0, dx);
    assertThat(dx).isEqualTo(matrix(new double[][] {{-3, -3, -3}}));
  }

  @ParameterizedTest
  @EnumSource
  void itsWidenedCopyIsW(Stored stored) {
    DenseWeight weight = stored.make();
    INDArray copy = weight.widened(DataType.FLOAT);
    assertThat(copy.shape()).isEqualTo(weight.shape());
    assertThat(copy.reshape('c', 2, 3)).isEqualTo(W.castTo(DataType.FLOAT));
    copy.assign(0);
    assertThat(weight.widened(DataType.DOUBLE).sumNumber().doubleValue()).isEqualTo(21);
  }

  @ParameterizedTest
  @EnumSource
  void itIsReadInPartsAsItIsStored(Stored stored) {
    DenseWeight weight = stored.make();
    long[] shape = weight.storedShape();
    INDArray whole = Nd4j.zeros(DataType.DOUBLE, shape);
    weight.read(whole);
    assertThat(weight.view().of(whole).reshape('c', 2, 3)).isEqualTo(W);
    long[] one = shape.clone();
    one[0] = 1;
    INDArray part = Nd4j.zeros(DataType.DOUBLE, one);
    for (long row = 0; row < shape[0]; row++) {
      weight.read(row, row + 1, part);
      assertThat(part.ravel().toDoubleVector())
          .containsExactly(whole.slice(row).dup('c').ravel().toDoubleVector());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReplacementIsUndoneBitForBit(Stored stored) {
    DenseWeight weight = stored.make();
    Replacement replacement = weight.replace(weight.widened(DataType.DOUBLE).addi(1));
    assertThat(elements(weight)).containsExactly(2, 3, 4, 5, 6, 7);
    INDArray y = Nd4j.zeros(DataType.DOUBLE, 1, 2);
    weight.multiply(KERNELS, matrix(new double[][] {{1, 0, 0}}), null, y);
    assertThat(y).isEqualTo(matrix(new double[][] {{2, 5}}));

    replacement.suspend();
    assertThat(elements(weight)).containsExactly(1, 2, 3, 4, 5, 6);
    replacement.suspend();
    replacement.resume();
    assertThat(elements(weight)).containsExactly(2, 3, 4, 5, 6, 7);
    replacement.close();
    assertThat(elements(weight)).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @ParameterizedTest
  @EnumSource
  void aSuspendedReplacementEndsToo(Stored stored) {
    DenseWeight weight = stored.make();
    Replacement replacement = weight.replace(weight.widened(DataType.DOUBLE).addi(1));
    replacement.suspend();
    replacement.close();
    assertThat(elements(weight)).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @ParameterizedTest
  @EnumSource
  void aReplacementCanBeKept(Stored stored) {
    DenseWeight weight = stored.make();
    Replacement replacement = weight.replace(weight.widened(DataType.DOUBLE).muli(2));
    replacement.suspend();
    replacement.keep();
    assertThat(elements(weight)).containsExactly(2, 4, 6, 8, 10, 12);
  }

  @ParameterizedTest
  @EnumSource
  void replacementsNest(Stored stored) {
    DenseWeight weight = stored.make();
    try (Replacement outer = weight.replace(weight.widened(DataType.DOUBLE).addi(1));
        Replacement inner = weight.replace(weight.widened(DataType.DOUBLE).addi(1))) {
      assertThat(elements(weight)).containsExactly(3, 4, 5, 6, 7, 8);
    }
    assertThat(elements(weight)).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void anArrayOfItsOwnIsNeverWrittenTo() {
    INDArray array = W.dup('c');
    INDArray values = W.add(1);
    DenseWeight weight = DenseWeight.of(array);
    Replacement replacement = weight.replace(values);
    assertThat(array).isEqualTo(W);
    assertThat(weight.array().orElseThrow()).isSameAs(values);
    replacement.close();
    assertThat(weight.array().orElseThrow()).isSameAs(array);
    assertThat(values.wasClosed()).isTrue();
  }

  @Test
  void aPartOfAVectorIsWrittenTo() {
    INDArray array = W.dup('c');
    DenseWeight weight = DenseWeight.ofVector(array, WeightView.AS_STORED);
    Replacement replacement = weight.replace(W.add(1));
    assertThat(array).isEqualTo(W.add(1));
    replacement.close();
    assertThat(array).isEqualTo(W);
    weight.close();
    assertThat(array.wasClosed()).isFalse();
  }

  @Test
  void aReplacementIsRoundedToItsType() {
    INDArray values = W.castTo(DataType.FLOAT).addi(1.0 / 1024);
    DenseWeight weight = DenseWeight.of(W.castTo(DataType.BFLOAT16));
    try (Replacement replacement = weight.replace(values)) {
      // BF16 has 8 significant bits: 1 + 2⁻¹⁰ is 1 there.
      assertThat(elements(weight)).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(weight.format()).isEqualTo("BF16");
      assertThat(values.wasClosed()).isTrue();
    }
  }

  @Test
  void itLooksRowsUp() {
    List<DenseWeight> tables =
        List.of(Stored.ROWS.make(), Stored.COLUMNS.make(), DenseWeight.of(half(W)));
    for (DenseWeight table : tables) {
      INDArray y = Nd4j.zeros(DataType.DOUBLE, 3, 3);
      table.lookUp(KERNELS, new int[] {1, 0, 1}, y);
      assertThat(y).isEqualTo(matrix(new double[][] {{4, 5, 6}, {1, 2, 3}, {4, 5, 6}}));
    }
  }

  @Test
  void itSaysWhatItIsHeldIn() {
    List<String> formats = new ArrayList<>();
    List<Long> bytes = new ArrayList<>();
    for (DataType type :
        List.of(DataType.DOUBLE, DataType.FLOAT, DataType.HALF, DataType.BFLOAT16)) {
      DenseWeight weight = DenseWeight.of(W.castTo(type));
      formats.add(weight.format());
      bytes.add(weight.bytes());
    }
    assertThat(formats).containsExactly("FP64", "FP32", "FP16", "BF16");
    assertThat(bytes).containsExactly(48L, 24L, 12L, 12L);
  }

  @Test
  void aVectorIsReadAndReplacedToo() {
    DenseWeight bias = DenseWeight.of(vector(1, 2));
    assertThat(bias.count()).isEqualTo(2);
    try (Replacement replacement = bias.replace(vector(3, 4))) {
      assertThat(bias.widened(DataType.DOUBLE)).isEqualTo(vector(3, 4));
    }
    assertThat(bias.array().orElseThrow()).isEqualTo(vector(1, 2));
    assertThatThrownBy(() -> bias.multiply(KERNELS, W, null, Nd4j.zeros(DataType.DOUBLE, 2, 2)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("[2] is not a matrix");
  }

  private static double[] elements(FrozenWeight weight) {
    return weight.widened(DataType.DOUBLE).ravel().toDoubleVector();
  }

  private static INDArray half(INDArray array) {
    return array.castTo(DataType.BFLOAT16);
  }

  private static INDArray matrix(double[][] rows) {
    return Nd4j.createFromArray(rows);
  }

  private static INDArray vector(double... values) {
    return Nd4j.createFromArray(values);
  }
}
