package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RoundTripTest {
  private final Path path;

  RoundTripTest(@TempDir Path folder) {
    path = folder.resolve("a.safetensors");
  }

  @ParameterizedTest
  @EnumSource(names = {"F64", "F32", "F16", "BF16"})
  void floatsThatTheTypeHoldsComeBackExactly(DType dtype) {
    float[] values = {0, -1, 0.5f, 1.25f, -96, Float.NEGATIVE_INFINITY};
    SafetensorsWriter.to(path)
        .tensor("x", dtype, 3, 2)
        .write(s -> s.writeFloats("x", values, 0, 6));

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      float[] read = new float[6];
      file.readFloats("x", 0, read, 0, 6);
      assertThat(read).isEqualTo(values);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"I64", "I32", "I16", "I8", "U8", "U16", "U32", "U64", "BOOL"})
  void integersComeBackExactly(DType dtype) {
    long[] values = {1, 0, 1, 1, 0};
    SafetensorsWriter.to(path).tensor("x", dtype, 5).write(s -> s.writeLongs("x", values, 0, 5));

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      long[] read = new long[5];
      file.readLongs("x", 0, read, 0, 5);
      assertThat(read).isEqualTo(values);
      assertThat(file.tensor("x").byteCount()).isEqualTo(5L * dtype.bytes());
    }
  }

  @Test
  void aTensorLargerThanTheBufferIsWrittenInChunksByTurns() {
    int half = 100_001;
    float[] values = new float[2 * half];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    SafetensorsWriter.to(path)
        .tensor("odd", DType.U8, 3)
        .tensor("x", DType.F32, 2, half)
        .write(
            sink -> {
              sink.writeFloats("x", values, 0, half);
              sink.writeBytes("odd", ByteBuffer.wrap(new byte[] {7, 8, 9}));
              sink.writeFloats("x", values, half, half);
            });

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      float[] read = new float[2 * half];
      file.readFloats("x", 0, read, 0, 2 * half);
      assertThat(read).isEqualTo(values);
      file.readFloats("x", half, read, 1, 2);
      assertThat(read).startsWith(0, half, half + 1, 3);
    }
  }

  @Test
  void anEmptyFileHasNoTensors() {
    SafetensorsWriter.to(path).write(sink -> {});

    try (TensorSource source = TensorSource.open(path)) {
      assertThat(source.tensors()).isEmpty();
      assertThat(source.metadata()).isEmpty();
    }
  }

  @Test
  void namesAndMetadataMayBeAnyText() {
    SafetensorsWriter.to(path)
        .metadata("\"quoted\"\n", "\u0000 𝄞")
        .tensor("层.𝄞", DType.I8)
        .write(sink -> sink.writeLongs("层.𝄞", new long[] {-5}, 0, 1));

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.metadata()).containsEntry("\"quoted\"\n", "\u0000 𝄞");
      assertThat(file.buffer("层.𝄞").get(0)).isEqualTo((byte) -5);
    }
  }
}
