package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.testing.Mutations;

/**
 * Opens damaged files: each is either refused with a {@link SafetensorsException} or can be read in
 * full, at a bounded cost.
 */
class MutationFuzzTest {
  private static final int INPUTS = Mutations.inputs(20_000);

  /** The JSON parser's buffers, which are cached but now and then reclaimed, and a stack trace. */
  private static final long FIXED_BYTES = 256 << 10;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Path path;

  MutationFuzzTest(@TempDir Path folder) {
    path = folder.resolve("fuzz.safetensors");
  }

  @Test
  void damagedFilesAreRefusedOrReadableAtABoundedCost() throws IOException {
    byte[][] seeds = {small(), many(), RawFile.of("{}", 0)};
    List<String> tokens = new ArrayList<>(Mutations.JSON);
    tokens.addAll(List.of("\"__metadata__\"", "\"dtype\"", "\"BF16\"", "\"shape\""));
    Mutations mutations = new Mutations(20_240_229, tokens);
    int readable = 0;
    for (int input = 0; input < INPUTS; input++) {
      byte[] bytes = mutations.of(seeds[mutations.below(seeds.length)]);
      overwrite(bytes);
      long started = System.nanoTime();
      boolean opened = opens();
      assertThat(System.nanoTime() - started)
          .as("time of input %s", input)
          .isLessThan(Mutations.MAX_TIME.toNanos());
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
