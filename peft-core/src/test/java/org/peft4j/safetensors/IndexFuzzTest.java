package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.testing.Mutations;

/** Damaged indices of checkpoints in shards: refused, or read with the shards of their folder. */
class IndexFuzzTest {
  private static final String SOUND =
      "{\"metadata\": {\"total_size\": 2}, \"weight_map\": {\"a\": \"1.safetensors\", \"b\":"
          + " \"2.safetensors\"}}";

  private final Path folder;

  IndexFuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void damagedIndicesAreRefusedOrRead() throws IOException {
    Files.write(folder.resolve("1.safetensors"), shard("a"));
    Files.write(folder.resolve("2.safetensors"), shard("b"));
    Path index = folder.resolve("model.safetensors.index.json");
    Mutations mutations = new Mutations(20_240_307, Mutations.JSON);
    int inputs = Mutations.inputs(3_000);
    int read = 0;
    for (int i = 0; i < inputs; i++) {
      byte[] bytes =
          mutations.below(2) > 0
              ? mutations.ofValues(SOUND).getBytes(StandardCharsets.UTF_8)
              : mutations.of(SOUND.getBytes(StandardCharsets.UTF_8));
      Mutations.write(index, bytes);
      read += reads(index) ? 1 : 0;
    }
    assertThat(read).isBetween(inputs / 100, inputs - inputs / 100);
  }

  private static byte[] shard(String tensor) {
    return RawFile.of("{" + RawFile.tensor(tensor, "U8", "[1]", "[0,1]") + "}", 1);
  }

  private static boolean reads(Path index) {
    try (ShardedSafetensors file = ShardedSafetensors.open(index)) {
      assertThat(file.tensors()).containsOnlyKeys("a", "b");
      return true;
    } catch (SafetensorsException expected) {
      return false;
    }
  }
}
