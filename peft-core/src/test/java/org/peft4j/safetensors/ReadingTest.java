package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadingTest {
  private static final long FIVE_GIB = 5L << 30;

  private final Path folder;
  private final Path path;

  ReadingTest(@TempDir Path folder) {
    this.folder = folder;
    this.path = folder.resolve("a.safetensors");
  }

  @Test
  void whiteSpaceBeforeTheHeaderIsAllowedAsInTheReference() throws IOException {
    String header = " \t\r\n".repeat(2_000) + "{" + RawFile.tensor("a", "U8", "[1]", "[0,1]") + "}";
    Path spaced = folder.resolve("spaced.safetensors");
    Files.write(spaced, RawFile.of(header, 1));
    try (SafetensorsFile file = SafetensorsFile.open(spaced)) {
      assertThat(file.tensors()).containsOnlyKeys("a");
    }
  }

  @Test
  void anUnknownNameIsAnsweredWithTheNearestNames() {
    SafetensorsWriter.to(path)
        .tensor("layers.0.q_proj", DType.F32, 0)
        .tensor("layers.0.k_proj", DType.F32, 0)
        .write(sink -> {});

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThatThrownBy(() -> file.tensor("layers.0.q_porj"))
          .isInstanceOf(SafetensorsException.class)
          .hasMessageContaining("tensor \"layers.0.q_porj\": does not exist.")
          .hasMessageContaining("Nearest: \"layers.0.q_proj\", \"layers.0.k_proj\".");
    }
  }

  @Test
  void readingTheWrongKindOrRangeIsRefused() throws IOException {
    String header =
        "{"
            + RawFile.tensor("f", "F32", "[2]", "[0,8]")
            + ","
            + RawFile.tensor("u", "U64", "[1]", "[8,16]")
            + ","
            + RawFile.tensor("b", "BOOL", "[1]", "[16,17]")
            + "}";
    byte[] bytes = RawFile.of(header, 17);
    bytes[bytes.length - 1] = 2;
    bytes[bytes.length - 2] = (byte) 0x80;
    Files.write(path, bytes);

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      float[] floats = new float[2];
      long[] longs = new long[2];
      assertFails(() -> file.readLongs("f", 0, longs, 0, 1), "is of type F32; use readFloats");
      assertFails(() -> file.readFloats("u", 0, floats, 0, 1), "is of type U64; use readLongs");
      assertFails(() -> file.readFloats("f", 1, floats, 0, 2), "has 2 elements; 2 from 1 on");
      assertFails(() -> file.readFloats("f", -1, floats, 0, 1), "1 from -1 on");
      assertFails(() -> file.readFloats("f", Long.MAX_VALUE, floats, 0, 1), "are not all there");
      assertFails(() -> file.slice("f", 5, 4), "has 8 bytes; 4 from 5 on");
      assertFails(() -> file.readLongs("u", 0, longs, 0, 1), "U64 9223372036854775808");
      assertFails(() -> file.readLongs("b", 0, longs, 0, 1), "BOOL 2, which must be 0 or 1");
      assertThatThrownBy(() -> file.readFloats("f", 0, floats, 1, 2))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void viewsAreReadOnlyAndStayValidAfterClosing() {
    SafetensorsWriter.to(path)
        .tensor("x", DType.I32, 1)
        .write(sink -> sink.writeLongs("x", new long[] {42}, 0, 1));
    SafetensorsFile file = SafetensorsFile.open(path);
    ByteBuffer view = file.buffer("x");

    file.close();
    file.close();

    assertThat(view.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    assertThat(view.getInt(0)).isEqualTo(42);
    assertThatThrownBy(() -> view.putInt(0, 1)).isInstanceOf(ReadOnlyBufferException.class);
    assertFails(() -> file.buffer("x"), "is closed");
  }

  @Test
  void filesThatAreNotThereOrNotFilesAreRefused() {
    assertFails(() -> SafetensorsFile.open(folder.resolve("none")), "there is no such file");
    assertFails(() -> SafetensorsFile.open(folder), "is not a regular file");
    assertFails(() -> TensorSource.open(folder), "holds neither model.safetensors nor");
  }

  @Test
  void offsetsBeyondFourGibAreRead() throws IOException {
    String header =
        "{"
            + RawFile.tensor("huge", "F32", "[1342177280]", "[0," + FIVE_GIB + "]")
            + ","
            + RawFile.tensor("tiny", "F32", "[1]", "[" + FIVE_GIB + "," + (FIVE_GIB + 4) + "]")
            + "}";
    byte[] start = RawFile.of(header, 0);
    try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
      sparse.setLength(start.length + FIVE_GIB + 4);
      sparse.write(start);
      // 2.5 in little-endian, as the last element of the one and as the only one of the other.
      byte[] value = {0, 0, 0x20, 0x40};
      sparse.seek(start.length + FIVE_GIB - 4);
      sparse.write(value);
      sparse.write(value);
    }

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      float[] values = {-1, -1, -1};
      file.readFloats("huge", FIVE_GIB / 4 - 2, values, 0, 2);
      file.readFloats("tiny", 0, values, 2, 1);
      assertThat(values).containsExactly(0, 2.5f, 2.5f);
      assertThat(file.slice("huge", FIVE_GIB - (1 << 30), 1 << 30).get((1 << 30) - 1))
          .isEqualTo((byte) 0x40);
      for (long gib = 0; gib <= 4; gib++) {
        assertThat(file.slice("huge", gib << 30, 1 << 30).get(0)).isZero();
      }
      assertFails(() -> file.buffer("huge"), "has 5368709120 bytes, more than a buffer's 2^31 - 1");
      assertFails(() -> file.slice("huge", 0, (1 << 30) + 1), "take at most 2^30");
    }
  }

  private static void assertFails(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(SafetensorsException.class).hasMessageContaining(message);
  }
}
