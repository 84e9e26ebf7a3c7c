package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every failure leaves the old file and nothing else. */
class SafetensorsWriterTest {
  private static final String OLD = "the old file";

  private final Path folder;
  private final Path path;

  SafetensorsWriterTest(@TempDir Path folder) {
    this.folder = folder;
    this.path = folder.resolve("a.safetensors");
  }

  @BeforeEach
  void writeOldFile() throws IOException {
    Files.writeString(path, OLD);
  }

  @Test
  void anExceptionInTheMiddleLeavesTheOldFile() throws IOException {
    SafetensorsWriter writer = SafetensorsWriter.to(path).tensor("x", DType.F32, 2);

    assertThatThrownBy(
            () ->
                writer.write(
                    sink -> {
                      sink.writeFloats("x", new float[] {1}, 0, 1);
                      throw new IllegalStateException("out of ideas");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertOldFileOnly();
  }

  @Test
  void anIncompleteTensorIsRefused() throws IOException {
    SafetensorsWriter writer =
        SafetensorsWriter.to(path).tensor("x", DType.F32, 2).tensor("y", DType.F32, 2);

    assertFails(
        () -> writer.write(sink -> sink.writeFloats("x", new float[2], 0, 2)),
        "tensor \"y\": is declared with 8 bytes, but only 0 were written");
    assertOldFileOnly();
  }

  @Test
  void tooMuchDataIsRefused() throws IOException {
    SafetensorsWriter writer = SafetensorsWriter.to(path).tensor("x", DType.F16, 2);

    assertFails(
        () -> writer.write(sink -> sink.writeFloats("x", new float[3], 0, 3)),
        "tensor \"x\": is declared with 4 bytes, but 6 were written");
    assertOldFileOnly();
  }

  @Test
  void dataOfTheWrongKindOrNameOrRangeIsRefused() throws IOException {
    SafetensorsWriter writer =
        SafetensorsWriter.to(path).tensor("f", DType.F32, 1).tensor("i", DType.I8, 1);

    assertFails(() -> writer.write(s -> s.writeLongs("f", new long[1], 0, 1)), "use writeFloats");
    assertFails(() -> writer.write(s -> s.writeFloats("i", new float[1], 0, 1)), "use writeLongs");
    assertFails(
        () -> writer.write(s -> s.writeLongs("i", new long[] {128}, 0, 1)),
        "the value 128 is not within -128 and 127, the range of I8");
    assertFails(
        () -> writer.write(s -> s.writeBytes("g", ByteBuffer.allocate(1))),
        "Nearest: \"f\", \"i\"");
    assertOldFileOnly();
  }

  @Test
  void wrongDeclarationsAreRefused() {
    SafetensorsWriter writer = SafetensorsWriter.to(path).tensor("x", DType.F32, 2);

    assertFails(() -> writer.tensor("x", DType.F32), "tensor \"x\": declared twice");
    assertFails(() -> writer.tensor("", DType.F32), "a name is empty");
    assertFails(() -> writer.tensor("\ud834", DType.F32), "half of a surrogate pair");
    assertFails(() -> writer.tensor("__metadata__", DType.F32), "is reserved");
    assertFails(() -> writer.tensor("y", DType.F32, -1), "the negative dimension -1");
    assertFails(() -> writer.tensor("y", DType.F32, 1L << 61), "more than 2^63 - 1 bytes");
    assertFails(() -> writer.tensor("y", DType.F32, new long[33]), "maxRank");
    assertFails(() -> writer.tensor("y".repeat(1025), DType.F32), "is 1025, the limit is 1024");
  }

  @Test
  void theDataStartsAtAMultipleOfEight() throws IOException {
    for (String name : new String[] {"a", "ab", "abc", "abcdefgh"}) {
      SafetensorsWriter.to(path).tensor(name, DType.F32, 0).write(sink -> {});
      assertThat(Files.size(path) % 8).isZero();
    }
  }

  private void assertOldFileOnly() throws IOException {
    assertThat(Files.readString(path)).isEqualTo(OLD);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  private static void assertFails(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(SafetensorsException.class).hasMessageContaining(message);
  }
}
