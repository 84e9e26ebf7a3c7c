package org.peft4j.internal.quantized;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.error.PeftException;
import org.peft4j.quantization.BlockQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.quantization.QuantizedFormat;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.weight.WeightView;

/**
 * Codes, factors and values are those of bitsandbytes, bit for bit: sizes that no block divides,
 * blocks of zeros, numbers halfway between two values. The mean of the factors is rounded once
 * here, and may differ from a sum in single precision in its last bit.
 */
class FourBitGoldenTest {
  private final TensorSource golden =
      TensorSource.open(Path.of("src/test/resources/quantized/golden.safetensors"));

  @AfterEach
  void close() {
    golden.close();
  }

  static Stream<String> cases() {
    try (TensorSource source =
        TensorSource.open(Path.of("src/test/resources/quantized/golden.safetensors"))) {
      return source.tensors().keySet().stream()
          .filter(name -> name.endsWith(".weight"))
          .map(name -> name.substring(0, name.length() - ".weight".length()))
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void codesAndFactorsAreThoseOfTheReference(String name) {
    FourBitWeight weight = quantized(name, WeightView.AS_STORED);

    ByteBuffer codes = golden.buffer(name + ".codes");
    assertThat(weight.codes()).isEqualTo(codes);
    float[] values = floats(name + ".values");
    INDArray read = Nd4j.create(DataType.FLOAT, weight.shape());
    weight.read(read);
    if (isDouble(name)) {
      assertThat(read.data().asFloat()).containsExactly(values, within(1e-6f));
    } else {
      assertThat(read.data().asFloat()).containsExactly(values);
      float[] factors = floats(name + ".absmax");
      for (int i = 0; i < factors.length; i++) {
        assertThat(weight.factors().of(i)).isEqualTo(factors[i]);
      }
    }
    weight.close();
  }

  /** The checkpoint's array is Wᵀ: its codes are those of W. */
  @ParameterizedTest
  @MethodSource("cases")
  void aTransposedMatrixIsQuantisedAsW(String name) {
    FourBitWeight straight = quantized(name, WeightView.AS_STORED);
    FourBitWeight transposed = quantized(name, WeightView.TRANSPOSED);

    assertThat(transposed.codes()).isEqualTo(straight.codes());
    assertThat(transposed.shape()).isEqualTo(straight.shape());
    assertThat(transposed.storedShape()).containsExactly(straight.shape()[1], straight.shape()[0]);
    INDArray expected = Nd4j.create(DataType.FLOAT, straight.shape());
    straight.read(expected);
    INDArray whole = Nd4j.create(DataType.FLOAT, transposed.storedShape());
    transposed.read(whole);
    assertThat(whole).isEqualTo(expected.transpose());
    INDArray part = Nd4j.create(DataType.FLOAT, 2, straight.shape()[0]);
    transposed.read(3, 5, part);
    assertThat(part)
        .isEqualTo(
            expected.transpose().dup('c').get(NDArrayIndex.interval(3, 5), NDArrayIndex.all()));
    straight.close();
    transposed.close();
  }

  private FourBitWeight quantized(String name, WeightView view) {
    INDArray w = array(name + ".weight");
    INDArray stored = view == WeightView.AS_STORED ? w : w.transpose().dup('c');
    return new FourBitQuantizer(quantization(name)).quantize(name, stored, view, DataType.FLOAT);
  }

  private static boolean isDouble(String name) {
    return name.contains("double");
  }

  /** Of {@code nf4.64}, {@code nf4.odd} with blocks of 64, {@code fp4.double} of 128. */
  private static BlockQuantization quantization(String name) {
    QuantizedFormat format = name.startsWith("nf4") ? QuantizedFormat.NF4 : QuantizedFormat.FP4;
    String kind = name.substring(4);
    int blockSize =
        switch (kind) {
          case "odd" -> 64;
          case "double" -> format == QuantizedFormat.NF4 ? 32 : 128;
          case "double_odd" -> 32;
          default -> Integer.parseInt(kind);
        };
    return BlockQuantization.of(format)
        .withBlockSize(blockSize)
        .withDoubleQuantization(isDouble(name));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void doublyQuantisedFactorsAreThoseOfTheReference(String name) {
    if (!isDouble(name)) {
      return;
    }
    FourBitWeight weight = quantized(name, WeightView.AS_STORED);
    ByteBuffer codes = golden.buffer(name + ".absmax");
    float[] scales = floats(name + ".nested_absmax");
    float mean = floats(name + ".nested_offset")[0];
    float[] behindTheFirst = new float[codes.remaining() - 1];
    weight.factors().get(1, behindTheFirst);
    for (int i = 0; i < codes.remaining(); i++) {
      if (i > 0) {
        assertThat(behindTheFirst[i - 1]).isEqualTo(weight.factors().of(i));
      }
      float expected =
          DynamicValues.CODEBOOK.value(Byte.toUnsignedInt(codes.get(i))) * scales[i / 256] + mean;
      assertThat(weight.factors().of(i)).isCloseTo(expected, within(2e-7f * Math.abs(mean)));
    }
    assertThat(weight.bytes())
        .isEqualTo((weight.count() + 1) / 2 + codes.remaining() + 4L * (scales.length + 1));
    weight.close();
  }

  @Test
  void the256ValuesAreThoseOfTheReference() {
    assertThat(DynamicValues.CODEBOOK.values()).containsExactly(floats("dynamic"));
  }

  @Test
  void aWeightThatIsNotFiniteIsRefused() {
    for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      INDArray broken = Nd4j.ones(DataType.FLOAT, 4, 8).putScalar(2, 3, value);
      assertThatThrownBy(
              () ->
                  new FourBitQuantizer(Quantization.nf4())
                      .quantize("q_proj.weight", broken, WeightView.AS_STORED, DataType.FLOAT))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("q_proj.weight holds " + value);
    }
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
