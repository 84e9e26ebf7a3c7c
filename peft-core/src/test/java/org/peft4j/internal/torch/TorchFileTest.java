package org.peft4j.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.SafetensorsFile;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * The state dict that PyTorch wrote as an archive, in its older form and as safetensors has the
 * same tensors in all three: of every type, transposed, parts of others, empty, and beside the
 * versions of a module's parts.
 */
class TorchFileTest {
  private static final Path GOLDEN = Path.of("src/test/resources/torch");

  private final Path folder;

  TorchFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @ValueSource(strings = {"archive.bin", "legacy.bin"})
  void tensorsAreThoseThatWereSaved(String name) {
    try (TensorSource expected = SafetensorsFile.open(GOLDEN.resolve("golden.safetensors"));
        TensorSource actual = TorchFile.open(GOLDEN.resolve(name))) {
      assertThat(actual.tensors().keySet()).isEqualTo(expected.tensors().keySet());
      for (TensorInfo info : expected.tensors().values()) {
        TensorInfo found = actual.tensor(info.name());
        assertThat(found.dtype()).as(info.name()).isEqualTo(info.dtype());
        assertThat(found.shape()).as(info.name()).isEqualTo(info.shape());
        assertThat(actual.buffer(info.name())).isEqualTo(expected.buffer(info.name()));
        assertThat(read(actual, info)).isEqualTo(read(expected, info));
      }
      assertThat(actual.metadata()).isEmpty();
    }
  }

  /** Two elements and a half, from within one on. */
  private static ByteBuffer read(TensorSource source, TensorInfo info) {
    int from = (int) Math.min(info.byteCount(), info.dtype().bytes() + 1L);
    int count = (int) Math.min(info.byteCount() - from, info.dtype().bytes() * 5L / 2);
    ByteBuffer target = ByteBuffer.allocate(count);
    source.read(info.name(), from, target);
    return target.flip();
  }

  @Test
  void aFileOfSeveralThingsIsRefusedByTheFirstThatIsNoTensor() {
    assertThatThrownBy(() -> TorchFile.open(GOLDEN.resolve("training.bin")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("\"epoch\" is a number, not a tensor")
        .hasMessageContaining("state dict of the model alone");
  }

  @Test
  void aWholeModuleIsRefusedByItsClass() {
    assertThatThrownBy(() -> TorchFile.open(GOLDEN.resolve("module.bin")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("the name torch.nn.modules.linear.Linear")
        .hasMessageContaining("weights_only=True");
  }

  /** Where it is cut, there is no directory, no list of storages, or no storage. */
  @ParameterizedTest
  @ValueSource(strings = {"archive.bin", "legacy.bin"})
  void aFileThatIsCutOffIsRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(GOLDEN.resolve(name));
    for (int length = 0; length < whole.length; length += 97) {
      Path cut = Files.write(folder.resolve(name), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> TorchFile.open(cut))
          .as("%s bytes", length)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void aClosedFileFails() {
    TorchFile file = TorchFile.open(GOLDEN.resolve("archive.bin"));
    file.close();
    assertThatThrownBy(() -> file.buffer("whole"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("is closed");
  }

  @Test
  void aRangeBeyondTheTensorIsRefused() {
    try (TorchFile file = TorchFile.open(GOLDEN.resolve("archive.bin"))) {
      for (String name : List.of("rows", "transposed")) {
        assertThatThrownBy(() -> file.slice(name, 92, 8)).hasMessageContaining("not all there");
        assertThatThrownBy(() -> file.slice(name, -4, 4)).hasMessageContaining("not all there");
      }
      assertThatThrownBy(() -> file.buffer("hole")).hasMessageContaining("\"whole\"");
    }
  }

  @Test
  void shardsAreFoundByTheirIndex() throws IOException {
    for (String shard : List.of("archive.bin", "legacy.bin")) {
      Files.copy(GOLDEN.resolve(shard), folder.resolve(shard));
    }
    TreeMap<String, String> places = new TreeMap<>();
    try (TorchFile file = TorchFile.open(GOLDEN.resolve("archive.bin"))) {
      file.tensors().keySet().forEach(name -> places.put(name, "archive.bin"));
    }
    Path index = folder.resolve("pytorch_model.bin.index.json");
    Files.writeString(index, index(places));

    try (TensorSource source = WeightFiles.open(folder)) {
      assertThat(source.tensors().keySet()).isEqualTo(places.keySet());
      assertThat(source.buffer("scalar").getFloat()).isEqualTo(2.5f);
    }

    places.replace("scalar", "legacy.bin");
    Files.writeString(index, index(places));
    assertThatThrownBy(() -> WeightFiles.open(folder)).hasMessageContaining("places it in");
    Files.writeString(index, index(new TreeMap<>(Map.of("a", "../archive.bin"))));
    assertThatThrownBy(() -> WeightFiles.open(folder))
        .hasMessageContaining("must be the plain name");
  }

  private static String index(TreeMap<String, String> places) {
    Set<String> entries = new TreeSet<>();
    places.forEach((name, shard) -> entries.add("\"" + name + "\":\"" + shard + "\""));
    return "{\"metadata\":{\"total_size\":1},\"weight_map\":{" + String.join(",", entries) + "}}";
  }

  @Test
  void safetensorsComeFirst() throws IOException {
    assertThat(WeightFiles.present(folder)).isFalse();
    Files.copy(GOLDEN.resolve("legacy.bin"), folder.resolve("pytorch_model.bin"));
    assertThat(WeightFiles.present(folder)).isTrue();
    try (TensorSource source = WeightFiles.open(folder)) {
      assertThat(source.path()).endsWithRaw(Path.of("pytorch_model.bin"));
    }
    Files.copy(GOLDEN.resolve("golden.safetensors"), folder.resolve("model.safetensors"));
    try (TensorSource source = WeightFiles.open(folder)) {
      assertThat(source.path()).endsWithRaw(Path.of("model.safetensors"));
    }
  }

  /** The sums are PyTorch's, of the values in double precision. */
  @Test
  void anAdapterFromTheHubHasItsValues() {
    Path file =
        Path.of(
            System.getProperty("peft4j.data"),
            "adapters/bloomz-560m-prompt-tuning/adapter_model.bin");
    assumeTrue(Files.isRegularFile(file), () -> file + " is not here");
    try (TensorSource source = TorchFile.open(file)) {
      assertThat(source.tensors()).containsOnlyKeys("prompt_embeddings");
      assertThat(source.tensor("prompt_embeddings").shape()).containsExactly(8L, 1024L);
      float[] values = new float[8 * 1024];
      source.readFloats("prompt_embeddings", 0, values, 0, values.length);
      double sum = 0;
      double absolute = 0;
      for (float value : values) {
        sum += value;
        absolute += Math.abs(value);
      }
      assertThat(values).startsWith(-0.06593537330627441f, -0.13856860995292664f);
      assertThat(sum).isCloseTo(-1.8901372063155577, within(1e-9));
      assertThat(absolute).isCloseTo(1496.2440181935199, within(1e-9));
    }
  }
}
