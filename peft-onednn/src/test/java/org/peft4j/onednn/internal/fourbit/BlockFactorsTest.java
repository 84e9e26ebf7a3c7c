package org.peft4j.onednn.internal.fourbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.internal.quantized.QuantizedWeight;
import org.peft4j.internal.quantized.Quantizer;
import org.peft4j.kernel.CodedRows;
import org.peft4j.kernel.Kernels;
import org.peft4j.onednn.internal.vector.NativeVectors;
import org.peft4j.onednn.internal.vector.VectorUnit;
import org.peft4j.quantization.Quantization;
import org.peft4j.weight.WeightView;

/** Factors against those that the matrix itself reads, bit for bit. */
class BlockFactorsTest {
  private static final int BLOCKS = 1000;

  /** Groups have 256 factors: parts of one, whole ones, and rows that begin within one. */
  @ParameterizedTest
  @CsvSource({"0, 256", "0, 1000", "172, 172", "250, 7", "255, 2", "3, 40", "390, 600", "999, 1"})
  void theyAreThoseOfTheMatrix(int first, int count) {
    assumeTrue(VectorUnit.PRESENT && NativeVectors.PRESENT);
    Nd4j.getRandom().setSeed(5);
    INDArray numbers = Nd4j.randn(DataType.FLOAT, BLOCKS, 64);
    for (boolean eightBits : new boolean[] {true, false}) {
      Quantization quantization = Quantization.nf4().withDoubleQuantization(eightBits);
      QuantizedWeight weight =
          Quantizer.of(quantization).quantize("w", numbers, WeightView.AS_STORED, DataType.FLOAT);
      CodedRows rows = rows(weight, numbers);
      assertThat(rows.factorCodes().isPresent()).isEqualTo(eightBits);
      float[] expected = new float[count];
      float[] actual = new float[count];
      rows.factors(first, expected);

      BlockFactors.of(rows).read(first, actual);

      assertThat(actual).isEqualTo(expected);
      weight.close();
    }
  }

  /** What a weight gives to products. */
  private static CodedRows rows(QuantizedWeight weight, INDArray x) {
    List<CodedRows> given = new ArrayList<>();
    Kernels kernels =
        (Kernels)
            Proxy.newProxyInstance(
                Kernels.class.getClassLoader(),
                new Class<?>[] {Kernels.class},
                (proxy, method, arguments) -> {
                  given.add((CodedRows) arguments[1]);
                  return null;
                });
    weight.multiply(kernels, x, null, x);
    return given.get(0);
  }
}
