package org.peft4j.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.testing.Mutations;

/** Opens damaged files: each is refused, or every tensor of it can be read. */
class TorchFuzzTest {
  private static final int INPUTS = Mutations.inputs(10_000);

  private final Path path;

  TorchFuzzTest(@TempDir Path folder) {
    path = folder.resolve("fuzz.bin");
  }

  @Test
  void damagedFilesAreRefusedOrReadable() throws IOException {
    byte[][] seeds = {golden("archive.bin"), golden("legacy.bin"), golden("module.bin")};
    Mutations mutations =
        new Mutations(
            20_261_129,
            List.of(
                "cposix\nsystem\n",
                "ctorch\nFloatStorage\n",
                "(",
                "t",
                "R",
                "Q",
                "b",
                "u",
                "q\1",
                "h\1",
                "\u0080\2",
                "\u0085",
                "\u0086",
                "K\u00ff",
                "M\u00ff\u00ff",
                ".",
                "PK\1\2",
                "PK\5\6",
                "\u00ff\u00ff\u00ff\u00ff",
                "J\0\0\0\u0080"));
    int readable = 0;
    for (int input = 0; input < INPUTS; input++) {
      overwrite(mutations.of(seeds[mutations.below(seeds.length)]));
      long started = System.nanoTime();
      readable += opens() ? 1 : 0;
      assertThat(System.nanoTime() - started)
          .as("time of input %s", input)
          .isLessThan(Mutations.MAX_TIME.toNanos());
    }
    assertThat(readable).isBetween(INPUTS / 100, INPUTS - INPUTS / 100);
  }

  private static byte[] golden(String name) throws IOException {
    return Files.readAllBytes(Path.of("src/test/resources/torch", name));
  }

  /** In place, which is much faster than a new file; no view of the old content is in use. */
  private void overwrite(byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes));
      channel.truncate(bytes.length);
    }
  }

  private boolean opens() {
    try (TorchFile file = TorchFile.open(path)) {
      for (TensorInfo tensor : file.tensors().values()) {
        int count = (int) Math.min(tensor.byteCount(), 1 << 16);
        assertThat(file.slice(tensor.name(), 0, count).remaining()).isEqualTo(count);
        file.read(tensor.name(), 0, ByteBuffer.allocate(count));
      }
      return true;
    } catch (PeftException e) {
      assertThat(e).hasMessageContaining(path.toString());
      return false;
    }
  }
}
