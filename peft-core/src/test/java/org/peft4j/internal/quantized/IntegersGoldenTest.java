package org.peft4j.internal.quantized;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.quantization.RowQuantization;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.weight.WeightView;

/**
 * Rows in 8 bits are bitsandbytes', bit for bit, and LLM.int8()'s products its products; groups are
 * rounded to the nearest as GPTQ and QA-LoRA do it.
 */
class IntegersGoldenTest {
  private final TensorSource golden =
      TensorSource.open(Path.of("src/test/resources/quantized/integers.safetensors"));

  @AfterEach
  void close() {
    golden.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"AS_STORED", "TRANSPOSED"})
  void rowsAreThoseOfTheReference(WeightView view) {
    try (RowWeight weight = rows(Quantization.int8(), view)) {
      assertThat(weight.codes()).isEqualTo(golden.buffer("rows.codes"));
      float[] factors = floats("rows.factors");
      for (int row = 0; row < factors.length; row++) {
        assertThat(weight.factors().of(row)).isEqualTo(factors[row]);
      }
      assertThat(weight.widened(DataType.FLOAT).data().asFloat())
          .containsExactly(floats("rows.values"), within(1e-7f));
      assertThat(weight.bytes()).isEqualTo(Quantization.int8().bytes(21, 45));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1.5, 1.5", "6, 6.0"})
  void productsWithRoundedInputsAreThoseOfTheReference(String name, double threshold) {
    RowQuantization llm = Quantization.llmInt8().withThreshold(threshold);
    try (RowWeight weight = rows(llm, WeightView.AS_STORED)) {
      INDArray x = array("inputs");
      INDArray before = x.dup();
      INDArray y = Nd4j.create(DataType.FLOAT, 7, 21);
      weight.multiply(new Nd4jKernels(), x, null, y);

      assertThat(y.data().asFloat()).containsExactly(floats("outputs." + name), within(2e-5f));
      assertThat(x).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE", "BFLOAT16"})
  void inputsOfEveryTypeAreRounded(DataType type) {
    INDArray x = array("inputs").castTo(type);
    try (INDArray rounded = new RoundedInputs(6).of(x)) {
      assertThat(rounded.dataType()).isEqualTo(type);
      assertThat(rounded.getDouble(2, 5)).isEqualTo(x.getDouble(2, 5));
      double most = 0;
      for (int i = 0; i < 45; i++) {
        most = i == 5 ? most : Math.max(most, Math.abs(x.getDouble(2, i)));
      }
      double expected = Math.rint(x.getDouble(2, 7) * 127 / most) * most / 127;
      assertThat(rounded.getDouble(2, 7))
          .isCloseTo(expected, within(type == DataType.BFLOAT16 ? 0.02 : 1e-6));
      assertThat(rounded.getDouble(2, 7)).isNotEqualTo(x.getDouble(2, 7));
    }
  }

  private RowWeight rows(RowQuantization quantization, WeightView view) {
    INDArray w = array("rows.weight");
    INDArray stored = view == WeightView.AS_STORED ? w : w.transpose().dup('c');
    return new RowQuantizer(quantization).quantize("w", stored, view, DataType.FLOAT);
  }

  @Test
  void aRowOfZerosStaysZero() {
    INDArray w = Nd4j.createFromArray(new float[][] {{0, -0f, 0}, {1, -3, 2}});
    try (RowWeight weight =
        new RowQuantizer(Quantization.int8())
            .quantize("w", w, WeightView.AS_STORED, DataType.FLOAT)) {
      assertThat(weight.widened(DataType.FLOAT).getRow(0).amaxNumber().floatValue()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "groups.4, 4, 32, true",
    "groups.4_symmetric, 4, 64, false",
    "groups.8, 8, 32, true",
    "groups.8_symmetric, 8, 128, false"
  })
  void groupsAreThoseOfTheFormula(String name, int bits, int size, boolean zeroPoints) {
    GroupQuantization quantization =
        GroupQuantization.ofBits(bits).withGroupSize(size).withZeroPoints(zeroPoints);
    INDArray w = array(name + ".weight");
    for (WeightView view : new WeightView[] {WeightView.AS_STORED, WeightView.TRANSPOSED}) {
      INDArray stored = view == WeightView.AS_STORED ? w : w.transpose().dup('c');
      try (GroupWeight weight =
          new GroupQuantizer(quantization).quantize(name, stored, view, DataType.FLOAT)) {
        float[] values = weight.widened(DataType.FLOAT).dup('c').data().asFloat();
        assertThat(values).containsExactly(floats(name + ".values"), within(1e-6f));
        assertThat(weight.bytes()).isEqualTo(quantization.bytes(w.size(0), w.size(1)));
      }
    }
  }

  @Test
  void whatHasNoCodeIsRefused() {
    INDArray broken = Nd4j.ones(DataType.FLOAT, 4, 8).putScalar(2, 3, Float.NaN);
    INDArray large = Nd4j.ones(DataType.FLOAT, 4, 8).putScalar(2, 3, 70_000);

    assertThatThrownBy(() -> quantize(Quantization.int4(), broken))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("q_proj.weight holds NaN");
    assertThatThrownBy(() -> quantize(Quantization.int8(), large))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("q_proj.weight holds a number beyond 65504")
        .hasMessageContaining("skipModules");
  }

  private static void quantize(Quantization quantization, INDArray array) {
    Quantizer.of(quantization)
        .quantize("q_proj.weight", array, WeightView.AS_STORED, DataType.FLOAT)
        .close();
  }

  private INDArray array(String name) {
    TensorInfo info = golden.tensor(name);
    long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
    return Nd4j.createFromArray(floats(name)).reshape('c', shape);
  }

  private float[] floats(String name) {
    float[] values = new float[(int) golden.tensor(name).elementCount()];
    golden.readFloats(name, 0, values, 0, values.length);
    return values;
  }
}
