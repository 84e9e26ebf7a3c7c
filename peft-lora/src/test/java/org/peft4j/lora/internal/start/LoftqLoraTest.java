package org.peft4j.lora.internal.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.Changes;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** LoftQ's Q, A and B, which are Hugging Face PEFT's ({@code reference/loftq.py}). */
class LoftqLoraTest {
  private static final Path EXPECTED = Path.of("src/test/resources/loftq.safetensors");
  private static final int RANK = 4;

  private static INDArray expected(String name) {
    try (TensorSource source = TensorSource.open(EXPECTED)) {
      TensorInfo info = source.tensor(name);
      float[] values = new float[(int) info.elementCount()];
      source.readFloats(name, 0, values, 0, values.length);
      long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
      return Nd4j.createFromArray(values).castTo(DataType.DOUBLE).reshape('c', shape);
    }
  }

  private static LoftqLora lora(INDArray weight, double scale, double dropout, LoftQ settings) {
    Site site = Site.linear("proj", "proj", weight.size(1), weight.size(0), List.of());
    LoraShape shape = new LoraShape(RANK, scale, dropout, false, LoraInit.LOFTQ);
    return LoftqLora.of(site, shape, settings, Frozen.of(site, weight));
  }

  /** ΔW for these values: {@code Q − W + s·B·A}. */
  private static INDArray change(LoftqLora lora, Tensors values, INDArray weight) {
    return Changes.of(lora, inference(), values, weight.size(0), weight.size(1));
  }

  @ParameterizedTest
  @CsvSource({
    "wide, 4, 1, 1", "wide, 4, 5, 1", "wide, 8, 1, 1", "wide, 8, 5, 1",
    "tall, 4, 1, 1", "tall, 4, 5, 1", "tall, 8, 1, 1", "tall, 8, 5, 1",
    "wide, 4, 5, 0.5", "tall, 8, 1, 3"
  })
  void itBeginsWithPythonsValues(String name, int bits, int iterations, double scale) {
    INDArray weight = expected(name + ".weight");
    String key = name + "." + bits + "." + iterations;
    LoftqLora lora = lora(weight, scale, 0, new LoftQ(bits, iterations));
    Tensors first = Values.first(1, lora.parameters());
    lora.complete(first);
    Tensors none = Values.first(1, lora.parameters());

    INDArray product = first.get("lora_B.weight").mmul(first.get("lora_A.weight")).mul(scale);
    INDArray quantized = weight.add(change(lora, none, weight));

    assertThat(distance(product, expected(key + ".product"))).isLessThan(2e-6);
    assertThat(distance(quantized, expected(key + ".quantized"))).isLessThan(1e-6);
    double error = norm(change(lora, first, weight));
    assertThat(error / expected(key + ".error").getDouble(0)).isBetween(1 - 1e-5, 1 + 1e-5);
    assertThat(error).isLessThan(0.9 * norm(change(lora, none, weight)));
    assertThat(error)
        .isLessThan(0.85 * norm(expected(name + "." + bits + ".1.quantized").sub(weight)));
  }

  private static double distance(INDArray one, INDArray other) {
    return one.sub(other).amaxNumber().doubleValue();
  }

  private static double norm(INDArray matrix) {
    return matrix.norm2Number().doubleValue();
  }

  @ParameterizedTest
  @CsvSource({"4, 1", "8, 2"})
  void besideTheMapItIsTheChangeOfItsWeight(int bits, int iterations) {
    LoftqLora lora = lora(Values.random(1, 6, 5), 0.7, 0, new LoftQ(bits, iterations));

    Changes.assertAddsTheChange(lora, Values.random(3, lora.parameters()));
  }

  @Test
  void gradientsAreSlopes() {
    LoftqLora lora = lora(Values.random(1, 6, 5), 0.7, 0.5, new LoftQ(4, 2));
    Tensors values = Values.random(3, lora.parameters());

    Changes.assertSlopesBeside(lora, training(6), values);
    Changes.assertSlopesOfWeight(lora, training(6), values, 6, 5);
  }

  @Test
  void ranksAboveTheWeightsAreRefused() {
    assertThatThrownBy(() -> lora(Values.random(1, 3, 5), 1, 0, LoftQ.DEFAULT))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("loftq needs a rank of at most 3 at proj; r is 4 there");
  }
}
