package org.peft4j.transformers.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

/** A checkpoint holds exactly the tensors that its config.json needs, or it is not loaded. */
class StrictCheckpointTest {
  private static final String UP = "model.layers.1.mlp.up_proj.weight";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final Map<String, List<Long>> shapes = new TreeMap<>();
  private final Set<String> integers = new HashSet<>();

  @BeforeEach
  void takeTheShapesOfAGoodCheckpoint() throws IOException {
    Files.copy(Golden.base("llama").resolve("config.json"), folder.resolve("config.json"));
    try (TensorSource source = TensorSource.open(Golden.base("llama"))) {
      source.tensors().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    }
  }

  @Test
  void theRightTensorsAreLoaded() {
    assertLoads();
  }

  @Test
  void missingTensorIsNamedWithItsShape() {
    shapes.remove(UP);
    assertRefused("missing " + UP + " [");
  }

  @Test
  void unexpectedTensorIsNamedWithItsShape() {
    shapes.put("model.layers.9.up", List.of(3L));
    assertRefused("unexpected model.layers.9.up [3]");
  }

  @Test
  void misshapenTensorIsNamedWithBothShapes() {
    shapes.put(UP, List.of(3L, 2L));
    assertRefused(UP + " has shape [3, 2] instead of [");
  }

  @Test
  void everyProblemIsInOneMessage() {
    shapes.put(UP, List.of(3L, 2L));
    shapes.put("other", List.of());
    shapes.remove("model.norm.weight");
    assertRefused(UP + " has shape", "unexpected other []", "missing model.norm.weight");
  }

  @Test
  void integersAreNoWeights() {
    integers.add(UP);
    assertRefused(UP + " is of type I32 instead of F32, F16 or BF16");
  }

  @Test
  void aBufferThatHoldsNothingLearntIsIgnored() {
    shapes.put("model.layers.0.self_attn.rotary_emb.inv_freq", List.of(4L));
    assertLoads();
  }

  @Test
  void anEqualCopyOfTheTableAsTheHeadCountsAsTied() {
    shapes.put("lm_head.weight", shapes.get("model.embed_tokens.weight"));
    assertLoads();
  }

  @Test
  void aTiedHeadStandsInForAMissingTable() {
    shapes.put("lm_head.weight", shapes.remove("model.embed_tokens.weight"));
    assertLoads();
  }

  @Test
  void aFolderWithoutWeightsIsRefused() {
    assertThatThrownBy(() -> Transformers.load(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("model.safetensors");
  }

  private void assertLoads() {
    write();
    try (CausalLanguageModel model = Transformers.load(folder)) {
      assertThat(model.parameterCount()).isEqualTo(15_776);
    }
  }

  private void assertRefused(String... problems) {
    write();

    assertThatThrownBy(() -> Transformers.load(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContainingAll(problems);
  }

  private void write() {
    SafetensorsWriter writer = SafetensorsWriter.to(folder.resolve("model.safetensors"));
    shapes.forEach((name, shape) -> writer.tensor(name, type(name), longs(shape)));
    writer.write(
        sink -> {
          for (Map.Entry<String, List<Long>> tensor : shapes.entrySet()) {
            long count = tensor.getValue().stream().reduce(1L, Math::multiplyExact);
            sink.writeBytes(tensor.getKey(), ByteBuffer.allocate((int) count * 4));
          }
        });
  }

  private DType type(String name) {
    return integers.contains(name) ? DType.I32 : DType.F32;
  }

  private static long[] longs(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
