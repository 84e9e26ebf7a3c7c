package org.peft4j.transformers.inspection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

class InspectionTest {
  @Test
  void modelFolderTellsArchitectureSitesAndTensors() {
    Description description = Inspection.of(Golden.base("llama"));

    ModelDescription model = (ModelDescription) description;
    try (CausalLanguageModel loaded = Transformers.load(Golden.base("llama"))) {
      assertThat(model.sites()).isEqualTo(loaded.sites());
      assertThat(model.parameterCount()).isEqualTo(loaded.parameterCount());
    }
    assertThat(model.text())
        .startsWith("llama model: ")
        .contains("q_proj")
        .containsPattern("model\\.layers\\.\\*\\.self_attn\\.q_proj\\.weight +F32 ");
  }

  @Test
  void shardedModelIsDescribedAsOne() {
    assertThat(Inspection.of(Golden.base("llama_sharded")).tensors().tensors()).isNotEmpty();
  }

  @Test
  void adapterFolderTellsConfigTargetsAndTensors() {
    Path folder = Golden.folder("llama_all_seven").resolve("adapter");

    AdapterDescription adapter = (AdapterDescription) Inspection.of(folder);

    assertThat(adapter.config().peftType()).isEqualTo("LORA");
    assertThat(adapter.targets())
        .contains("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj");
    assertThat(adapter.text())
        .startsWith("LORA adapter\n")
        .contains("lora_alpha: ")
        .contains("model.layers.*.mlp.down_proj");
  }

  @Test
  void singleFileIsATableInNumericOrder(@TempDir Path folder) {
    Path file = folder.resolve("some.safetensors");
    SafetensorsWriter writer = SafetensorsWriter.to(file).metadata("format", "pt");
    writer.tensor("layers.10.b", DType.I64, 2).tensor("layers.2.b", DType.F32, 3, 2);
    writer.tensor("layers.3.b", DType.F32, 3, 2);
    writer.write(
        sink -> {
          sink.writeLongs("layers.10.b", new long[2], 0, 2);
          sink.writeFloats("layers.2.b", new float[6], 0, 6);
          sink.writeFloats("layers.3.b", new float[6], 0, 6);
        });

    assertThat(Inspection.of(file).text())
        .isEqualTo(
            """
            tensor       type  shape   count  elements
            layers.*.b   F32   [3, 2]      2        12
            layers.10.b  I64   [2]         1         2
            total: 3 tensors, 14 elements, 64 bytes
            metadata format: pt
            """);
  }

  @Test
  void somethingElseIsRefused(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "none");

    assertThatThrownBy(() -> Inspection.of(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageEndingWith(
            "holds neither a config.json nor an adapter_config.json. Give a model folder, an"
                + " adapter folder or a safetensors file.");
    assertThatThrownBy(() -> Inspection.of(folder.resolve("nothing")))
        .hasMessageContaining("There is nothing at ");
  }
}
