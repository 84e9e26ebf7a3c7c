package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.internal.quantized.Codes;
import org.peft4j.internal.quantized.GroupWeight;
import org.peft4j.internal.quantized.InputGroups;
import org.peft4j.internal.quantized.PlainFactors;
import org.peft4j.internal.quantized.QuantizedWeight;
import org.peft4j.internal.quantized.Quantizer;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.quantization.RowQuantization;
import org.peft4j.quantization.RowQuantization.Inputs;
import org.peft4j.safetensors.BFloat16;
import org.peft4j.weight.WeightView;

/** Few rows times integer weights beside sums in double precision over their widened numbers. */
class IntegerWeightsTest {
  private static final int OUT = 45;
  private static final int IN = 202;

  static Stream<Quantization> quantizations() {
    return Stream.of(
        Quantization.int4(),
        Quantization.int4().withGroupSize(32).withZeroPoints(false),
        Quantization.int4().withGroupSize(8),
        Quantization.int4().withGroupSize(0),
        GroupQuantization.ofBits(8).withGroupSize(32),
        GroupQuantization.ofBits(8).withGroupSize(128).withZeroPoints(false),
        Quantization.int8());
  }

  /** Products of few rows, and one of five, which is made of panels. */
  @ParameterizedTest
  @MethodSource("quantizations")
  void productsAreThoseOfTheWidenedNumbers(Quantization quantization) {
    requireProductsOfNumbers(weight(quantization));
  }

  /**
   * Rows of an identity pick numbers: panels hold them as they are, or rounded where products are
   * those of BFLOAT16.
   */
  @ParameterizedTest
  @MethodSource({"quantizations", "fourBits"})
  void panelsHaveTheNumbersOfTheirType(Quantization quantization) {
    QuantizedWeight weight = weight(quantization, DataType.BFLOAT16);
    INDArray numbers = Nd4j.create(DataType.FLOAT, OUT, IN);
    weight.read(0, OUT, numbers);
    INDArray x = Nd4j.zeros(DataType.FLOAT, 5, IN);
    for (int row = 0; row < 5; row++) {
      x.putScalar(row, 37 * row, 1);
    }
    INDArray y = Nd4j.create(DataType.FLOAT, 5, OUT);

    weight.multiply(new OneDnnKernels(), x, null, y);

    for (int row = 0; row < 5; row++) {
      for (int column = 0; column < OUT; column++) {
        float number = numbers.getFloat(column, 37 * row);
        float expected = Processor.HALF ? BFloat16.toFloat(BFloat16.fromFloat(number)) : number;
        assertThat(y.getFloat(row, column)).isEqualTo(expected);
      }
    }
    weight.close();
  }

  static Stream<Quantization> fourBits() {
    return Stream.of(Quantization.nf4(), Quantization.fp4());
  }

  /** GPTQ's {@code g_idx}: the inputs of a group are apart. */
  @Test
  void inputsMayBeInGroupsOfAnyOrder() {
    Random random = new Random(7);
    int[] groups = random.ints(IN, 0, 4).toArray();
    int[] ofCodes = random.ints(OUT * IN, 0, 16).toArray();
    Codes codes = Codes.allocate(4, ofCodes.length);
    codes.put(0, ofCodes);
    float[] scales = new float[OUT * 4];
    float[] offsets = new float[scales.length];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = random.nextFloat() / 50;
      offsets[i] = scales[i] * random.nextInt(16);
    }

    requireProductsOfNumbers(
        new GroupWeight(
            new long[] {OUT, IN},
            WeightView.AS_STORED,
            InputGroups.of(groups, 4, 50),
            DataType.FLOAT,
            codes,
            PlainFactors.of(scales),
            PlainFactors.of(offsets)));
  }

  private static void requireProductsOfNumbers(QuantizedWeight weight) {
    INDArray numbers = Nd4j.create(DataType.FLOAT, OUT, IN);
    weight.read(0, OUT, numbers);
    INDArray bias = Nd4j.rand(DataType.FLOAT, OUT);
    INDArray doubles = numbers.castTo(DataType.DOUBLE);
    for (int rows = 1; rows <= 5; rows++) {
      INDArray x = Nd4j.randn(DataType.FLOAT, rows, IN);
      INDArray y = Nd4j.create(DataType.FLOAT, rows, OUT);

      weight.multiply(new OneDnnKernels(), x, bias, y);

      INDArray expected =
          x.castTo(DataType.DOUBLE)
              .mmul(doubles.transpose())
              .addRowVector(bias.castTo(DataType.DOUBLE));
      assertThat(y.castTo(DataType.DOUBLE).sub(expected).amaxNumber().doubleValue())
          .isCloseTo(0, within(2e-5));
    }
    weight.close();
  }

  /** LLM.int8(): an outlier column beside rounded ones. */
  @ParameterizedTest
  @MethodSource("kernels")
  void roundedInputsMeetTheSameCodes(Kernels kernels) {
    RowQuantization rows = Quantization.int8().withThreshold(6);
    QuantizedWeight rounding = weight(rows.withInputs(Inputs.ROUNDED));
    INDArray numbers = Nd4j.create(DataType.FLOAT, OUT, IN);
    rounding.read(0, OUT, numbers);
    INDArray x = Nd4j.rand(DataType.FLOAT, 2, IN).sub(0.5).mul(4);
    x.putScalar(0, 17, 9.3);
    x.putScalar(1, 3, -2.0);
    INDArray y = Nd4j.create(DataType.FLOAT, 2, OUT);

    rounding.multiply(kernels, x, null, y);

    for (int row = 0; row < 2; row++) {
      double most = 0;
      for (int i = 0; i < IN; i++) {
        most = Math.max(most, i == 17 ? 0 : Math.abs(x.getDouble(row, i)));
      }
      for (int column = 0; column < OUT; column++) {
        double expected = 0;
        for (int i = 0; i < IN; i++) {
          double exact = x.getDouble(row, i);
          double input = i == 17 ? exact : Math.rint(exact * 127 / most) * most / 127;
          expected += input * numbers.getDouble(column, i);
        }
        assertThat(y.getDouble(row, column)).isCloseTo(expected, within(2e-5));
      }
    }
    rounding.close();
  }

  static Stream<Kernels> kernels() {
    return Stream.of(new OneDnnKernels(), new Nd4jKernels());
  }

  private static QuantizedWeight weight(Quantization quantization) {
    return weight(quantization, DataType.FLOAT);
  }

  private static QuantizedWeight weight(Quantization quantization, DataType type) {
    Nd4j.getRandom().setSeed(3);
    INDArray array = Nd4j.randn(DataType.FLOAT, OUT, IN).mul(0.1);
    return Quantizer.of(quantization).quantize("w", array, WeightView.AS_STORED, type);
  }
}
