package org.peft4j.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.internal.quantized.DynamicValues;
import org.peft4j.method.TensorPlace;
import org.peft4j.safetensors.TensorSource;

/**
 * A hundred steps of each optimizer, on a matrix above and one below the size from which moments
 * have 8 bits, a vector and a tensor of three dimensions: as PyTorch, transformers and bitsandbytes
 * make them ({@code reference/optimizer_steps.py}).
 */
class OptimizerStepsTest {
  private static final double RATE = 0.01;
  private static final double DECAY = 0.1;
  private static final List<List<Long>> SHAPES =
      List.of(List.of(68L, 61L), List.of(13L), List.of(2L, 5L, 7L), List.of(9L, 31L));

  @ParameterizedTest
  @CsvSource({
    "adamw, 1, 1e-7",
    "adamw, 100, 1e-7",
    "paged-adamw, 100, 1e-7",
    "sgd, 1, 1e-7",
    "sgd, 100, 1e-7",
    "lion, 1, 1e-7",
    "lion, 100, 1e-6",
    "adafactor, 1, 1e-7",
    "adafactor, 100, 1e-7",
    "adamw-8bit, 1, 1e-7",
    "adamw-8bit, 100, 2e-6"
  })
  void parametersAreThoseOfTheReference(String name, int steps, double tolerance) {
    DataType type = name.matches("lion|adamw-8bit") ? DataType.FLOAT : DataType.DOUBLE;
    INDArray parameters = start(type);
    try (Optimizer optimizer = StandardOptimizer.named(name).create(parameters, places())) {
      run(optimizer, parameters, 0, steps, DECAY);
    }
    assertClose(parameters, name.replace("paged-", "") + "." + steps, tolerance);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PAGED_ADAMW")
  void theStateHasTheBytesThatAPlanCounts(StandardOptimizer kind) {
    try (Optimizer optimizer = kind.create(start(DataType.FLOAT), places())) {
      long bytes =
          optimizer.state().values().stream()
              .mapToLong(array -> array.length() * array.dataType().width())
              .sum();

      assertThat(SHAPES.stream().mapToLong(kind::stateBytes).sum()).isEqualTo(bytes);
    }
  }

  @Test
  void stepsRelativeToTheSizeAreThoseOfTheReference() {
    INDArray parameters = start(DataType.DOUBLE);
    try (Optimizer optimizer = Adafactor.relativeSteps(parameters, places())) {
      run(optimizer, parameters, 0, 100, 0);
      assertThatThrownBy(() -> run(optimizer, parameters, 100, 1, DECAY))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("set no rates of single tensors and no weight decay");
    }
    assertClose(parameters, "adafactor_relative.100", 1e-7);
  }

  private static void assertClose(INDArray parameters, String name, double tolerance) {
    INDArray expected = Nd4j.createFromArray(floats(name)).castTo(parameters.dataType());
    assertThat(parameters.sub(expected.reshape(parameters.shape())).amaxNumber().doubleValue())
        .isLessThan(tolerance);
  }

  /** Codes differ by one at most, where a number lies between two values. */
  @Test
  void momentsInEightBitsAreThoseOfTheReference() {
    INDArray parameters = start(DataType.FLOAT);
    try (Optimizer optimizer = new EightBitAdamW(parameters, places())) {
      run(optimizer, parameters, 0, 100, DECAY);
      Map<String, INDArray> state = optimizer.state();
      assertCodes(array(state, "exp_avg_codes.default.0"), "first");
      assertCodes(array(state, "exp_avg_sq_codes.default.0"), "second");
      assertThat(array(state, "exp_avg_factors.default.0").data().asFloat())
          .usingComparatorWithPrecision(1e-5f)
          .containsExactly(floats("first_factors"));
      assertThat(state).doesNotContainKey("exp_avg_factors.default.1");
    }
  }

  private static INDArray array(Map<String, INDArray> state, String name) {
    return Objects.requireNonNull(state.get(name));
  }

  private static void assertCodes(INDArray codes, String name) {
    byte[] expected = new byte[(int) codes.length()];
    try (TensorSource source = open()) {
      source.buffer(name).get(expected);
    }
    int different = 0;
    for (int i = 0; i < expected.length; i++) {
      int distance = Math.abs(codes.getInt(0, i) + 128 - Byte.toUnsignedInt(expected[i]));
      assertThat(distance).isLessThanOrEqualTo(1);
      different += distance;
    }
    assertThat(different).isLessThan(expected.length / 500);
  }

  @Test
  void valuesOfMomentsFromZeroOnAreThoseOfTheReference() {
    assertThat(DynamicValues.UNSIGNED.values()).containsExactly(floats("unsigned"));
  }

  /**
   * Its state after 3 steps, written and read into another, leads to the same parameters bit for
   * bit.
   */
  @ParameterizedTest
  @EnumSource
  void anOptimizerGoesOnFromItsState(StandardOptimizer kind, @TempDir Path folder) {
    Path file = folder.resolve("state.safetensors");
    INDArray straight = start(DataType.FLOAT);
    INDArray stopped = start(DataType.FLOAT);
    try (Optimizer whole = kind.create(straight, places());
        Optimizer first = kind.create(stopped, places());
        Optimizer second = kind.create(stopped, places())) {
      run(whole, straight, 0, 6, DECAY);
      run(first, stopped, 0, 3, DECAY);
      assertThat(first.state()).isNotEmpty();
      TensorFile.write(file, first.state(), Map.of());
      try (TensorSource source = TensorSource.open(file)) {
        second.state().forEach((name, array) -> TensorFile.read(source, name, array));
      }
      run(second, stopped, 3, 3, DECAY);
    }
    assertThat(stopped).isEqualTo(straight);
  }

  @ParameterizedTest
  @EnumSource
  void parametersStayAsTheyWereWhereAGradientIsNotFinite(StandardOptimizer kind) {
    INDArray parameters = start(DataType.FLOAT);
    INDArray before = parameters.dup();
    INDArray gradient = gradient(1, DataType.FLOAT).putScalar(0, 70, Float.NaN);
    try (Optimizer optimizer = kind.create(parameters, places())) {
      assertThat(optimizer.update(update(parameters, gradient, 1, DECAY))).isFalse();
    }
    assertThat(parameters).isEqualTo(before);
  }

  @Test
  void anUnknownNameIsRefused() {
    assertThatThrownBy(() -> StandardOptimizer.named("adam"))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "The optimizer is \"adam\"; allowed: adamw, adamw-8bit, paged-adamw, adafactor, lion,"
                + " sgd.");
  }

  private static List<TensorPlace> places() {
    List<TensorPlace> places = new ArrayList<>();
    long offset = 0;
    for (int i = 0; i < SHAPES.size(); i++) {
      places.add(new TensorPlace("default", Integer.toString(i), SHAPES.get(i), offset));
      offset = places.get(i).end();
    }
    return places;
  }

  private static void run(
      Optimizer optimizer, INDArray parameters, int done, int steps, double decay) {
    for (int step = done + 1; step <= done + steps; step++) {
      INDArray gradient = gradient(step, parameters.dataType());
      assertThat(optimizer.update(update(parameters, gradient, step, decay))).isTrue();
      gradient.close();
    }
  }

  private static Update update(INDArray parameters, INDArray gradient, int step, double decay) {
    return new Update(step, parameters, gradient, RATE, ParameterRates.uniform(decay));
  }

  private static INDArray start(DataType type) {
    float[] values = floats("start");
    return Nd4j.createFromArray(values).castTo(type).reshape(1, values.length);
  }

  private static INDArray gradient(int step, DataType type) {
    double[] all = new double[floats("start").length];
    for (int k = 0; k < SHAPES.size(); k++) {
      TensorPlace place = places().get(k);
      for (int i = 0; i < place.count(); i++) {
        all[(int) place.offset() + i] = 0.01 * (1 + i % 7) * Math.sin(0.1 * step + 0.37 * i + k);
      }
    }
    return Nd4j.createFromArray(all).castTo(type).reshape(1, all.length);
  }

  private static TensorSource open() {
    return TensorSource.open(Path.of("src/test/resources/optimizers/steps.safetensors"));
  }

  private static float[] floats(String name) {
    try (TensorSource source = open()) {
      float[] values = new float[(int) source.tensor(name).elementCount()];
      source.readFloats(name, 0, values, 0, values.length);
      return values;
    }
  }
}
