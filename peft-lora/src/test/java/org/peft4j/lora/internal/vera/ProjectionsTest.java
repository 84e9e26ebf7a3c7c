package org.peft4j.lora.internal.vera;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.safetensors.TensorSource;

/** VeRA's projections are those in Hugging Face PEFT's files, bit for bit. */
class ProjectionsTest {
  private static final Path FILES = Path.of("../peft-transformers/src/test/resources/golden/vera");

  @ParameterizedTest
  @CsvSource({"llama_saved, 0, 6", "gpt2_saved, 7, 4"})
  void areThoseOfTheFile(String name, int key, int rank) {
    Path file = FILES.resolve(name).resolve("adapter/adapter_model.safetensors");
    try (TensorSource source = TensorSource.open(file)) {
      long inputs = source.tensor("base_model.vera_A").shape().get(1);
      long outputs = source.tensor("base_model.vera_B").shape().get(0);
      Projections.Pair pair = new Projections(key, rank, inputs, outputs).of(DataType.FLOAT);
      assertSame(source, "base_model.vera_A", pair.a());
      assertSame(source, "base_model.vera_B", pair.b());
    }
  }

  private static void assertSame(TensorSource source, String name, INDArray actual) {
    float[] expected = new float[(int) actual.length()];
    source.readFloats(name, 0, expected, 0, expected.length);
    assertThat(actual.dup('c').data().asFloat()).containsExactly(expected);
  }
}
