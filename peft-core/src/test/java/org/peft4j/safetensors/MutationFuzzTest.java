package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Opens damaged files: each is either refused with a {@link SafetensorsException} or can be read in
 * full, at a bounded cost. {@code -Dpeft4j.fuzz.inputs=1000000} tries more of them.
 */
class MutationFuzzTest {
  private static final int INPUTS = Integer.getInteger("peft4j.fuzz.inputs", 20_000);

  /** The JSON parser's buffers, which are cached but now and then reclaimed, and a stack trace. */
  private static final long FIXED_BYTES = 256 << 10;

  /** The slowest one may wait for the garbage collector or another process. */
  private static final Duration MAX_TIME = Duration.ofSeconds(5);

  private static final String[] TOKENS = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "-",
    "0",
    "1e9",
    "9223372036854775807",
    "null",
    "\\u0000",
    "\"__metadata__\"",
    "\"dtype\"",
    "\"BF16\"",
    "\"shape\"",
    "[]",
    "\0",
    "\u00ff",
    "[[[[[[[[[["
  };

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Path path;

  MutationFuzzTest(@TempDir Path folder) {
    path = folder.resolve("fuzz.safetensors");
  }

  @Test
  void damagedFilesAreRefusedOrReadableAtABoundedCost() throws IOException {
    byte[][] seeds = {small(), many(), RawFile.of("{}", 0)};
    Random random = new Random(20_240_229);
    int readable = 0;
    for (int input = 0; input < INPUTS; input++) {
      byte[] bytes = mutated(seeds[random.nextInt(seeds.length)], random);
      overwrite(bytes);
      long started = System.nanoTime();
      boolean opened = opens();
      assertThat(System.nanoTime() - started)
          .as("time of input %s", input)
          .isLessThan(MAX_TIME.toNanos());
      assertThat(allocatedBytes())
          .as("bytes of input %s", input)
          .isLessThan(2L * bytes.length + FIXED_BYTES);
      readable += opened ? 1 : 0;
    }
    assertThat(readable).isBetween(INPUTS / 100, INPUTS - INPUTS / 100);
  }

  /**
   * In place, which is much faster than a new file each time; no view of the old content is in use.
   */
  private void overwrite(byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes));
      channel.truncate(bytes.length);
    }
  }

  /** Of opening once more: the first time may also link code that was never run before. */
  private long allocatedBytes() {
    long before = threads.getCurrentThreadAllocatedBytes();
    opens();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private boolean opens() {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      for (TensorInfo tensor : file.tensors().values()) {
        read(file, tensor);
      }
      return true;
    } catch (SafetensorsException expected) {
      return false;
    }
  }

  private static void read(SafetensorsFile file, TensorInfo tensor) {
    int count = (int) Math.min(64, tensor.elementCount());
    if (tensor.dtype().isFloating()) {
      file.readFloats(tensor.name(), 0, new float[count], 0, count);
    } else {
      file.readLongs(tensor.name(), 0, new long[count], 0, count);
    }
  }

  private static byte[] mutated(byte[] seed, Random random) {
    byte[] bytes = seed.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes = mutatedOnce(bytes, random);
    }
    return bytes;
  }

  private static byte[] mutatedOnce(byte[] bytes, Random random) {
    if (bytes.length == 0) {
      return new byte[random.nextInt(16)];
    }
    int at = random.nextInt(bytes.length);
    return switch (random.nextInt(6)) {
      case 0 -> set(bytes, at, bytes[at] ^ 1 << random.nextInt(8));
      case 1 -> set(bytes, at, random.nextInt(256));
      case 2 -> set(bytes, random.nextInt(Math.min(8, bytes.length)), random.nextInt(256));
      case 3 -> Arrays.copyOf(bytes, at);
      case 4 ->
          splice(bytes, at, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 40)), 0);
      default -> {
        byte[] token = TOKENS[random.nextInt(TOKENS.length)].getBytes(StandardCharsets.ISO_8859_1);
        yield splice(bytes, at, token, random.nextBoolean() ? token.length : 0);
      }
    };
  }

  private static byte[] set(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    return bytes;
  }

  /** Inserts {@code part}, instead of {@code removed} bytes. */
  private static byte[] splice(byte[] bytes, int at, byte[] part, int removed) {
    int rest = Math.min(bytes.length, at + removed);
    byte[] result = Arrays.copyOf(bytes, at + part.length + bytes.length - rest);
    System.arraycopy(part, 0, result, at, part.length);
    System.arraycopy(bytes, rest, result, at + part.length, bytes.length - rest);
    return result;
  }

  private static byte[] small() {
    return RawFile.of(
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + RawFile.tensor("a.weight", "BF16", "[2,3]", "[0,12]")
            + ","
            + RawFile.tensor("flag", "BOOL", "[4]", "[12,16]")
            + "}",
        16);
  }

  private static byte[] many() {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < 40; i++) {
      String offsets = "[" + 24 * i + "," + (24 * i + 24) + "]";
      header
          .append(i == 0 ? "" : ",")
          .append(RawFile.tensor("layers." + i, "I64", "[3,1]", offsets));
    }
    return RawFile.of(header + "}   ", 40 * 24);
  }
}
