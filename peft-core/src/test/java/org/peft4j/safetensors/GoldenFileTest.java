package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The file that {@code reference/safetensors_golden.py} writes with Python's safetensors. */
class GoldenFileTest {
  private static final float INF = Float.POSITIVE_INFINITY;

  private final Path folder;

  GoldenFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void floatsOfEveryTypeAreThoseOfTorch() throws Exception {
    try (SafetensorsFile file = SafetensorsFile.open(golden())) {
      assertThat(floats(file, "floats.f64")).containsExactly(floatsRoundedTo32Bits());
      assertThat(floats(file, "floats.f32")).containsExactly(floatsRoundedTo32Bits());
      assertThat(floats(file, "floats.f16"))
          .containsExactly(0, -0f, 1, -1.5f, 0x1.998p-4f, 65504, 0x1p-24f, 0x1.f7p-16f, INF, -INF);
      assertThat(floats(file, "floats.bf16"))
          .containsExactly(
              0, -0f, 1, -1.5f, 0x1.9ap-4f, 65536, 0x1.02p-24f, 0x1.f8p-16f, INF, -INF);
      assertThat(floats(file, "scalar")).containsExactly(2.5f);
      assertThat(floats(file, "empty")).isEmpty();
    }
  }

  private static float[] floatsRoundedTo32Bits() {
    return new float[] {0, -0f, 1, -1.5f, 0.1f, 65504, 6e-8f, 3.0e-5f, INF, -INF};
  }

  @ParameterizedTest
  @CsvSource({
    "integers.i64, -9223372036854775808, -1, 0, 9223372036854775807",
    "integers.i32, -2147483648, -1, 0, 2147483647",
    "integers.i16, -32768, -1, 0, 32767",
    "integers.i8, -128, -1, 0, 127",
    "integers.u8, 0, 1, 128, 255",
    "integers.u16, 0, 1, 32768, 65535",
    "integers.u32, 0, 1, 2147483648, 4294967295",
    "integers.u64, 0, 1, 2147483648, 9223372036854775807"
  })
  void integersOfEveryTypeAreThoseOfTorch(String name, long a, long b, long c, long d)
      throws Exception {
    try (SafetensorsFile file = SafetensorsFile.open(golden())) {
      long[] values = new long[4];
      file.readLongs(name, 0, values, 0, 4);
      assertThat(values).containsExactly(a, b, c, d);
    }
  }

  @Test
  void namesShapesAndMetadataAreThoseOfTorch() throws Exception {
    try (SafetensorsFile file = SafetensorsFile.open(golden())) {
      assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
      assertThat(file.tensor("floats.f16").shape()).isEqualTo(List.of(2L, 5L));
      assertThat(file.tensor("scalar").shape()).isEmpty();
      assertThat(file.tensors()).hasSize(16).containsKey("naïve \"name\"");
    }
  }

  @Test
  void ourWriterGivesTheSameBytes() throws Exception {
    Path copy = folder.resolve("copy.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(golden())) {
      SafetensorsWriter writer = SafetensorsWriter.to(copy);
      file.metadata().forEach(writer::metadata);
      for (TensorInfo tensor : file.tensors().values()) {
        long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
        writer.tensor(tensor.name(), tensor.dtype(), shape);
      }
      writer.write(
          sink -> {
            for (String name : file.tensors().keySet()) {
              sink.writeBytes(name, file.buffer(name));
            }
          });
    }
    assertThat(Files.readAllBytes(copy)).isEqualTo(Files.readAllBytes(golden()));
  }

  private static float[] floats(SafetensorsFile file, String name) {
    float[] values = new float[(int) file.tensor(name).elementCount()];
    file.readFloats(name, 0, values, 0, values.length);
    return values;
  }

  private static Path golden() throws IOException, URISyntaxException {
    return Path.of(
        Objects.requireNonNull(GoldenFileTest.class.getResource("/safetensors/golden.safetensors"))
            .toURI());
  }
}
