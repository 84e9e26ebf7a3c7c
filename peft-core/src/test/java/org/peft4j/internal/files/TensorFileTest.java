package org.peft4j.internal.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsFile;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.testing.Values;

/** Arrays on their way into a file and out of it. */
class TensorFileTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private TensorSource written(String name, INDArray array) {
    Path file = folder.resolve("tensors.safetensors");
    TensorFile.write(file, Map.of(name, array), Map.of());
    return SafetensorsFile.open(file);
  }

  private INDArray read(INDArray array, INDArray target) {
    try (TensorSource source = written("a", array)) {
      TensorFile.read(source, "a", target);
    }
    return target;
  }

  @Test
  void doublesAreKeptAndOthersAreSingles() {
    assertThat(TensorFile.stored(DataType.DOUBLE)).isEqualTo(DType.F64);
    assertThat(TensorFile.stored(DataType.FLOAT)).isEqualTo(DType.F32);
    assertThat(TensorFile.stored(DataType.BFLOAT16)).isEqualTo(DType.F32);
  }

  @Test
  void doublesComeBackBitForBit() {
    INDArray values = Values.random(1, 3, 4).muli(1e-300);

    assertThat(read(values, Values.zeros(3, 4)).equalsWithEps(values, 0)).isTrue();
  }

  @Test
  void typesMayDifferBetweenFileAndArray() {
    INDArray third = Nd4j.createFromArray(new double[] {1.0 / 3});

    assertThat(read(third, Nd4j.zeros(DataType.FLOAT, 1)).getFloat(0)).isEqualTo((float) (1.0 / 3));
    assertThat(read(third.castTo(DataType.FLOAT), Values.zeros(1)).getDouble(0))
        .isEqualTo((float) (1.0 / 3));
  }

  @Test
  void aViewOfAnyOrderIsWrittenRowByRow() {
    INDArray whole = Nd4j.createFromArray(new double[][] {{1, 2, 3}, {4, 5, 6}});
    INDArray columns = whole.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 3));

    assertThat(read(whole.transpose(), Values.zeros(3, 2)).toDoubleMatrix())
        .isDeepEqualTo(new double[][] {{1, 4}, {2, 5}, {3, 6}});
    assertThat(
            read(columns.castTo(DataType.FLOAT), Nd4j.zeros(DataType.FLOAT, 2, 2)).toFloatMatrix())
        .isDeepEqualTo(new float[][] {{2, 3}, {5, 6}});
  }

  @Test
  void aTargetOfAnyOrderIsFilled() {
    INDArray target = Nd4j.create(DataType.DOUBLE, new long[] {2, 3}, 'f');

    read(Values.random(1, 2, 3), target);

    assertThat(target).isEqualTo(Values.random(1, 2, 3));
  }

  @Test
  void moreThanAChunkIsWrittenWhole() {
    INDArray large = Nd4j.arange(70_000).castTo(DataType.FLOAT);

    assertThat(read(large, Nd4j.zeros(DataType.FLOAT, 70_000))).isEqualTo(large);
  }

  @Test
  void equalMeansEveryBitAndNearAllButRounding() {
    INDArray values = Nd4j.createFromArray(new double[] {100, -1, 0});
    try (TensorSource source = written("a", values)) {
      INDArray rounded = values.add(0.009);
      INDArray other = values.add(0.02);

      assertThat(TensorFile.equalValues(source, "a", values)).isTrue();
      assertThat(TensorFile.equalValues(source, "a", rounded)).isFalse();
      // A ten-thousandth of the largest, 100.
      assertThat(TensorFile.nearValues(source, "a", rounded)).isTrue();
      assertThat(TensorFile.nearValues(source, "a", other)).isFalse();
    }
  }

  @Test
  void nothingIsNearToWhatIsNotFinite() {
    INDArray broken = Nd4j.createFromArray(new double[] {1, Double.NaN});
    try (TensorSource source = written("a", broken)) {
      assertThat(TensorFile.nearValues(source, "a", Nd4j.createFromArray(new double[] {1, 2})))
          .isFalse();
    }
  }

  @Test
  void theFirstTensorThatIsNotFiniteIsNamed() {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("good", Values.random(1, 2));
    tensors.put("bad", Nd4j.createFromArray(new double[] {1, Double.NEGATIVE_INFINITY}));

    assertThatThrownBy(() -> TensorFile.requireFinite(tensors))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "bad has infinite or NaN values; it is not saved. The earlier file is unchanged.");
  }

  @Test
  void metadataIsWritten() {
    Path file = folder.resolve("a.safetensors");

    TensorFile.write(file, Map.of("a", Values.zeros(2)), Map.of("format", "pt", "b", "c"));

    try (SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(read.metadata()).isEqualTo(Map.of("format", "pt", "b", "c"));
    }
  }

  @Test
  void aFileThatCannotBeWrittenStaysAsItWas() throws IOException {
    Path file = Files.writeString(folder.resolve("old"), "old");
    Path inside = file.resolve("a.safetensors");

    assertThatThrownBy(() -> TensorFile.write(inside, Map.of("a", Values.zeros(2)), Map.of()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Cannot write " + inside);
    assertThat(file).hasContent("old");
  }
}
