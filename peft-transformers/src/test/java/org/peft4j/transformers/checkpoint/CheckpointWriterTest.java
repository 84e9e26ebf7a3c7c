package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

class CheckpointWriterTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2", "gpt2_hub", "qwen2", "llama_bf16", "llama_sharded"})
  void tensorsKeepTheirBytesInTheirOriginalTypes(String base) {
    try (CausalLanguageModel model = Transformers.load(Golden.base(base))) {
      CheckpointWriter.of(model).write(folder.resolve("copy"));
    }

    Map<String, Object> source = bytes(Golden.base(base));
    assertThat(bytes(folder.resolve("copy")).values())
        .containsExactlyInAnyOrderElementsOf(source.values());
  }

  @Test
  void configKeepsAllFieldsButTheType() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama_bf16"))) {
      CheckpointWriter.of(model).dtype(DType.F32).write(folder.resolve("copy"));
    }

    var source = CheckpointFiles.JSON.readObject(Golden.base("llama_bf16").resolve("config.json"));
    assertThat(CheckpointFiles.JSON.readObject(folder.resolve("copy/config.json")))
        .isEqualTo(source.put("dtype", "float32"));
    assertThat(types(folder.resolve("copy"))).containsOnly(DType.F32);
  }

  /** What a link leads to may be secret; the copy would tell it. */
  @ParameterizedTest
  @ValueSource(strings = {"chat_template.jinja", "tokenizer.json", "merges.txt", "config.json"})
  void aLinkOutOfTheFolderIsNotCopied(String name) throws IOException {
    Path source = copy(Golden.base("llama"), folder.resolve("source"));
    Path secret = folder.resolve("secret");
    Files.copy(source.resolve("config.json"), secret);
    Files.deleteIfExists(source.resolve(name));
    Files.createSymbolicLink(source.resolve(name), secret);

    try (CausalLanguageModel model = Transformers.load(source)) {
      assertThatThrownBy(() -> CheckpointWriter.of(model).write(folder.resolve("target")))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining(
              name + " is a link to " + secret + ", outside of the model's folder");
    }
    assertThat(folder.resolve("target")).doesNotExist();
  }

  @Test
  void linksOfAHuggingFaceCacheAreCopied() throws IOException {
    Path hub = folder.resolve("models--a--b");
    Path blobs = copy(Golden.base("llama"), Files.createDirectories(hub).resolve("blobs"));
    Files.writeString(blobs.resolve("template"), "{{ messages }}");
    Path snapshot = Files.createDirectories(hub.resolve("snapshots/0123"));
    for (String name : new String[] {"config.json", "model.safetensors"}) {
      Files.createSymbolicLink(snapshot.resolve(name), Path.of("../../blobs").resolve(name));
    }
    Files.createSymbolicLink(
        snapshot.resolve("chat_template.jinja"), Path.of("../../blobs/template"));

    try (CausalLanguageModel model = Transformers.load(snapshot)) {
      CheckpointWriter.of(model).write(folder.resolve("target"));
    }
    assertThat(folder.resolve("target/chat_template.jinja")).hasContent("{{ messages }}");
  }

  @Test
  void largeCheckpointIsDividedIntoShards() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      CheckpointWriter.of(model).maxShardBytes(10_000).write(folder.resolve("copy"));
    }

    assertThat(folder.resolve("copy/model.safetensors.index.json")).exists();
    assertThat(folder.resolve("copy/model.safetensors")).doesNotExist();
    assertThat(bytes(folder.resolve("copy"))).isEqualTo(bytes(Golden.base("llama")));
  }

  /** The tokenizer as a whole, the other files one by one, from the first folder that has them. */
  @Test
  void filesOfAnAdapterGoBeforeTheModels() throws IOException {
    Path source = copy(Golden.base("llama"), folder.resolve("source"));
    Path adapter = Files.createDirectories(folder.resolve("adapter"));
    for (String name : List.of("tokenizer.json", "added_tokens.json", "generation_config.json")) {
      Files.writeString(source.resolve(name), "{\"of\": \"model\"}");
    }
    Files.writeString(source.resolve("chat_template.jinja"), "model");
    Files.writeString(adapter.resolve("tokenizer.json"), "{\"of\": \"adapter\"}");
    Files.writeString(adapter.resolve("tokenizer_config.json"), "{}");

    assertThat(companions(source, adapter))
        .containsEntry("tokenizer.json", "{\"of\": \"adapter\"}")
        .containsEntry("tokenizer_config.json", "{}")
        .containsEntry("generation_config.json", "{\"of\": \"model\"}")
        .containsEntry("chat_template.jinja", "model")
        .doesNotContainKey("added_tokens.json");

    Files.writeString(adapter.resolve("chat_template.jinja"), "adapter");
    assertThat(companions(source, adapter)).containsEntry("chat_template.jinja", "adapter");

    Files.delete(adapter.resolve("chat_template.jinja"));
    Files.writeString(adapter.resolve("tokenizer_config.json"), "{\"chat_template\": \"own\"}");
    assertThat(companions(source, adapter)).doesNotContainKey("chat_template.jinja");
  }

  @Test
  void templatesWithNamesComeAlongAndAreReplaced() throws IOException {
    Path source = copy(Golden.base("llama"), folder.resolve("source"));
    Path named = Files.createDirectories(source.resolve("additional_chat_templates"));
    Files.writeString(named.resolve("tool_use.jinja"), "tools");
    Files.writeString(named.resolve("notes.txt"), "no template");
    Path target = folder.resolve("target");
    for (int i = 0; i < 2; i++) {
      try (CausalLanguageModel model = Transformers.load(source)) {
        CheckpointWriter.of(model).write(target);
      }
      try (Stream<Path> files = Files.list(target.resolve("additional_chat_templates"))) {
        assertThat(files)
            .containsExactly(target.resolve("additional_chat_templates/tool_use.jinja"));
      }
    }

    Files.writeString(target.resolve("additional_chat_templates/mine.txt"), "mine");
    try (CausalLanguageModel model = Transformers.load(source)) {
      assertThatThrownBy(() -> CheckpointWriter.of(model).write(target))
          .hasMessageContaining("holds additional_chat_templates, which does not belong to");
    }
  }

  private Map<String, String> companions(Path source, Path adapter) throws IOException {
    Path target = folder.resolve("merged");
    try (CausalLanguageModel model = Transformers.load(source)) {
      CheckpointWriter.of(model).filesOf(adapter).write(target);
    }
    Map<String, String> texts = new TreeMap<>();
    try (Stream<Path> files = Files.list(target)) {
      for (Path file : files.filter(f -> !f.toString().endsWith(".safetensors")).toList()) {
        texts.put(String.valueOf(file.getFileName()), Files.readString(file));
      }
    }
    return texts;
  }

  @Test
  void tokenizerIsCopiedAndOldCheckpointReplaced() throws IOException {
    Path source = copy(Golden.base("llama"), folder.resolve("source"));
    Files.writeString(source.resolve("tokenizer.json"), "{}");
    Path target = copy(Golden.base("gpt2"), folder.resolve("target"));
    try (CausalLanguageModel model = Transformers.load(source)) {
      CheckpointWriter.of(model).write(target);
    }

    assertThat(files(target))
        .containsOnlyKeys("config.json", "model.safetensors", "tokenizer.json");
    assertThat(bytes(target)).isEqualTo(bytes(source));
    assertThat(files(folder)).isEmpty();
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("source", "target");
  }

  @Test
  void sourceIsNeverOverwritten() throws IOException {
    Path source = copy(Golden.base("llama"), folder.resolve("source"));
    try (CausalLanguageModel model = Transformers.load(source)) {
      for (Path target : new Path[] {source, source.resolve("in"), folder}) {
        assertThatThrownBy(() -> CheckpointWriter.of(model).write(target))
            .isInstanceOf(PeftException.class)
            .hasMessageContaining("the model was read from")
            .hasMessageContaining("Give another folder.");
      }
    }
    assertThat(bytes(source)).isEqualTo(bytes(Golden.base("llama")));
  }

  @Test
  void folderWithForeignFilesIsRefusedAndLeftAsItIs() throws IOException {
    Path target = copy(Golden.base("gpt2"), folder.resolve("target"));
    Files.writeString(target.resolve("notes.txt"), "mine");
    Map<String, Object> before = files(target);
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      assertThatThrownBy(() -> CheckpointWriter.of(model).write(target))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("holds notes.txt, which does not belong to a checkpoint");
    }
    assertThat(files(target)).isEqualTo(before);
  }

  @Test
  void failureLeavesWhatWasThere() throws IOException {
    Path target = copy(Golden.base("gpt2"), folder.resolve("target"));
    Map<String, Object> before = files(target);

    assertThatThrownBy(
            () ->
                OutputFolder.write(
                    target,
                    1,
                    temporary -> {
                      JsonWriter.write(
                          temporary.resolve("config.json"),
                          CheckpointFiles.JSON.readObject(target.resolve("config.json")));
                      throw new PeftException("stop");
                    }))
        .hasMessage("stop");

    assertThat(files(target)).isEqualTo(before);
    assertThat(folder.toFile().list()).containsExactly("target");
  }

  @Test
  void aDiskWithoutRoomIsRefusedBeforeAnythingIsWritten() {
    assertThatThrownBy(
            () ->
                OutputFolder.write(
                    folder.resolve("a/model"),
                    1L << 62,
                    temporary -> {
                      throw new IllegalStateException("written");
                    }))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("the checkpoint needs 4,611,686,018,427,387,904. Free some, or");

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void typeThatModelsAreNotLoadedInIsRefused() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      assertThatThrownBy(() -> CheckpointWriter.of(model).dtype(DType.I64))
          .hasMessage("dtype of a checkpoint is I64; allowed: F32, F16, BF16.");
    }
  }

  private static Path copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  private static Map<String, Object> files(Path folder) throws IOException {
    Map<String, Object> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(
            file.getFileName().toString(), java.nio.ByteBuffer.wrap(Files.readAllBytes(file)));
      }
    }
    return contents;
  }

  private static java.util.Set<DType> types(Path folder) {
    try (TensorSource source = TensorSource.open(folder)) {
      return source.tensors().values().stream().map(TensorInfo::dtype).collect(Collectors.toSet());
    }
  }

  /** The bytes of each tensor that is learnt; old GPT-2 files hold a causal mask, too. */
  private static Map<String, Object> bytes(Path folder) {
    Map<String, Object> bytes = new TreeMap<>();
    try (TensorSource source = TensorSource.open(folder)) {
      for (String name : source.tensors().keySet()) {
        if (!name.endsWith("attn.bias") && !name.endsWith("masked_bias")) {
          bytes.put(name, source.buffer(name));
        }
      }
    }
    return bytes;
  }
}
