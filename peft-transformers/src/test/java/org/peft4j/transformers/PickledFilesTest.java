package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.prompt.multitask.MultitaskPromptConfig;
import org.peft4j.prompt.multitask.PromptSource;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.checkpoint.ResizedVocabulary;
import org.peft4j.transformers.inspection.Inspection;

/** Checkpoints and adapters of before safetensors: {@code pytorch_model.bin}, adapter_model.bin. */
class PickledFilesTest {
  private static final Path CASE = Golden.folder("llama_qv");
  private static final Path BASE = Golden.folder("pickled").resolve("base");
  private static final Path ADAPTER = Golden.folder("pickled").resolve("lora");

  private final Path folder;

  PickledFilesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void bothGiveTheNumbersOfTheReference() {
    INDArray ids = Golden.integers(CASE.resolve("inputs.safetensors"), "input_ids");
    INDArray mask = Golden.integers(CASE.resolve("inputs.safetensors"), "attention_mask");
    INDArray expected = Golden.floats(CASE.resolve("expected.safetensors"), "logits");
    try (CausalLanguageModel model = Transformers.load(BASE);
        PeftModel<ComputationGraph> peft = Peft.load(model.graph(), ADAPTER)) {
      INDArray logits =
          peft.network().output(false, new INDArray[] {ids}, new INDArray[] {mask})[0];

      assertThat(Golden.logitsError(logits, expected, mask)).isCloseTo(0, within(1e-5));
    }
  }

  @Test
  void whatIsWrittenIsSafetensors() throws IOException {
    for (Path file : List.of(ADAPTER.resolve("adapter_config.json"), weights(ADAPTER))) {
      Files.copy(file, folder.resolve(String.valueOf(file.getFileName())));
    }
    try (CausalLanguageModel model = Transformers.load(BASE);
        PeftModel<ComputationGraph> peft = Peft.load(model.graph(), folder)) {
      peft.save(folder);
      CheckpointWriter.of(model).merging(peft).write(folder.resolve("merged"));
    }
    byte[] before = Files.readAllBytes(weights(ADAPTER));
    assertThat(weights(folder)).hasBinaryContent(before);
    assertThat(Inspection.of(folder).text()).contains("on 4 modules", "total: 8 tensors");
    try (TensorSource merged = TensorSource.open(folder.resolve("merged"))) {
      assertThat(merged.tensors())
          .isNotEmpty()
          .allSatisfy((name, info) -> assertThat(info.dtype()).isEqualTo(DType.F32));
    }
  }

  /** The base's folder is the golden Llama's, but for its form. */
  @Test
  void resizedVocabulariesAreThoseOfSafetensors() {
    ResizedVocabulary.write(BASE, 61, folder.resolve("pickled"));
    ResizedVocabulary.write(Golden.base("llama"), 61, folder.resolve("safetensors"));
    Path resized = folder.resolve("pickled/model.safetensors");
    Path same = folder.resolve("safetensors/model.safetensors");
    try (TensorSource tensors = TensorSource.open(same)) {
      assertThat(tensors.tensors()).hasSizeGreaterThan(10);
      tensors
          .tensors()
          .keySet()
          .forEach(
              name ->
                  assertThat(Golden.floats(resized, name))
                      .as(name)
                      .isEqualTo(Golden.floats(same, name)));
      assertThat(tensors.tensor("model.embed_tokens.weight").shape().get(0)).isEqualTo(61);
    }
    Transformers.load(folder.resolve("pickled")).close();
  }

  /** A new prompt of one task begins from the mean of three. */
  @Test
  void aMultitaskPromptBeginsFromThem() {
    Path source = Golden.folder("pickled").resolve("multitask/adapter_model.bin");
    Path same =
        Golden.folder("multitask_prompt_tuning/llama/adapter").resolve("adapter_model.safetensors");
    MultitaskPromptConfig config =
        MultitaskPromptConfig.builder()
            .virtualTokens(4)
            .ranks(2)
            .source(new PromptSource(source, PromptSource.Share.MEAN_OF_TASKS, 0))
            .build();
    try (CausalLanguageModel model = Transformers.load(BASE);
        PeftModel<ComputationGraph> peft = Peft.wrap(model.graph(), config)) {
      Map<String, INDArray> begin = peft.adapter(Peft.DEFAULT_ADAPTER).tensors();

      assertThat(begin.get("prompt_embeddings"))
          .isEqualTo(Golden.floats(same, "prompt_embeddings"));
      assertThat(begin.get("prefix_task_cols"))
          .isEqualTo(Golden.floats(same, "prefix_task_cols").mean(true, 0));
    }
  }

  private static Path weights(Path adapter) {
    return adapter.resolve("adapter_model.bin");
  }

  @Test
  void inspectionReadsThem() {
    assertThat(Inspection.of(ADAPTER).text()).contains("on 4 modules", "total: 8 tensors");
    assertThat(Inspection.of(BASE).text()).contains("llama");
    assertThat(Inspection.of(BASE.resolve("pytorch_model.bin")).text()).contains("embed_tokens");
  }
}
