package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.safetensors.TensorSource;

/** Prompts that begin as a text, and prompts of several tasks. */
class PromptsTest {
  private static final Path MODEL =
      Path.of(System.getProperty("peft4j.data"), "models", "stories260k");
  private static final Path EXPECTED = Run.GOLDEN.resolve("text_prompts");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path folder;
  private final Path rows;

  PromptsTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    rows = folder.resolve("rows.jsonl");
    Files.writeString(rows, "{\"task_id\": 0, \"text\": \"One day, a dog ran.\"}\n".repeat(2));
  }

  @BeforeAll
  static void modelIsHere() {
    assumeTrue(Files.isDirectory(MODEL), () -> MODEL + " is not here; set -Dpeft4j.data=…");
  }

  @ParameterizedTest
  @CsvSource({
    "PROMPT_TUNING, cut",
    "PROMPT_TUNING, repeated",
    "MULTITASK_PROMPT_TUNING, cut",
    "MULTITASK_PROMPT_TUNING, repeated"
  })
  void aPromptBeginsAsTheReferencesEmbeddingsOfTheText(String method, String name)
      throws IOException {
    JsonNode golden = JSON.readTree(EXPECTED.resolve("case.json").toFile());
    String text = golden.path("texts").path(name).asText();
    String tokens = golden.path("num_virtual_tokens").asText();
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        JSON.writeValueAsString(
            Map.of(
                "peft_type",
                method,
                "num_virtual_tokens",
                golden.path("num_virtual_tokens"),
                "prompt_tuning_init",
                "TEXT",
                "prompt_tuning_init_text",
                text)));

    Path ofOptions = begun("--method", method, "--virtual-tokens", tokens, "--init-text", text);
    Path ofFile = begun("--adapter-config", config);

    float[] expected = floats(EXPECTED.resolve("expected.safetensors"), method + "." + name);
    assertThat(prompt(ofOptions)).containsExactly(expected);
    assertThat(prompt(ofFile)).containsExactly(expected);
    for (Path adapter : List.of(ofOptions, ofFile)) {
      JsonNode written = JSON.readTree(adapter.resolve("adapter_config.json").toFile());
      assertThat(written.path("prompt_tuning_init").asText()).isEqualTo("TEXT");
      assertThat(written.path("prompt_tuning_init_text").asText()).isEqualTo(text);
      assertThat(written.path("tokenizer_name_or_path").asText()).isEqualTo(MODEL.toString());
    }
  }

  /** An adapter after a step that is too small to change it. */
  private Path begun(Object... made) {
    Path adapter = folder.resolve("adapter" + made.length);
    Run run = train(adapter, rows, List.of("--learning-rate", 1e-30), made);
    assertThat(run.status()).as(run.err()).isZero();
    return adapter;
  }

  private static float[] prompt(Path adapter) {
    return floats(adapter.resolve("adapter_model.safetensors"), "prompt_embeddings");
  }

  @Test
  void eachLineTrainsThePromptOfItsTask() {
    Path adapter = folder.resolve("adapter");

    Run run = train(adapter, rows, List.of(), multitask(2, "--set", "num_ranks=1", "--eval", rows));

    assertThat(run.status()).as(run.err()).isZero();
    float[] first = columns(adapter);
    Path other = folder.resolve("other");
    train(other, rows, List.of("--learning-rate", 1e-30), multitask(2, "--set", "num_ranks=1"));
    float[] before = columns(other);
    for (int i = 0; i < first.length; i++) {
      // [tasks, tokens, 1]: the second half is the other task's, which no line is of.
      assertThat(first[i] != before[i]).isEqualTo(i < first.length / 2);
    }
    assertThat(eval(adapter).out()).isEqualTo(eval(adapter, "--task", 1).out());
    assertThat(Run.of("generate", "-m", MODEL, "-a", adapter, "-p", "One", "--task", 1).status())
        .isZero();
  }

  @Test
  void withoutTasksThePromptsOfSeveralAreRefusedAndThatOfOneRuns() throws IOException {
    Path plain = folder.resolve("plain.jsonl");
    Files.writeString(plain, "{\"text\": \"One day, a dog ran.\"}\n");

    Run refused = train(folder.resolve("none"), plain, List.of(), multitask(2));
    Run one = train(folder.resolve("one"), plain, List.of(), multitask(1));
    Run unknown = train(folder.resolve("none"), plain, List.of("--task", 2), multitask(2));
    Run needless = train(folder.resolve("none"), plain, List.of("--task", 2));

    assertThat(refused.err()).contains("--task, or a task_id in every line").hasLineCount(1);
    assertThat(unknown.err()).contains("There is no task 2; allowed: 0 to 1").hasLineCount(1);
    assertThat(needless.err()).contains("the adapter has no tasks").hasLineCount(1);
    assertThat(folder.resolve("none")).doesNotExist();
    assertThat(one.status()).as(one.err()).isZero();
  }

  private static Object[] multitask(int tasks, Object... more) {
    List<Object> all =
        new ArrayList<>(
            List.of("--method", "multitask-prompt-tuning", "--virtual-tokens", 2, "--set"));
    all.add("num_tasks=" + tasks);
    all.addAll(List.of(more));
    return all.toArray();
  }

  private static float[] columns(Path adapter) {
    return floats(adapter.resolve("adapter_model.safetensors"), "prefix_task_cols");
  }

  private Run eval(Path adapter, Object... more) {
    return run(List.of("eval", "-m", MODEL, "-a", adapter, "-d", rows), more);
  }

  private static Run train(Path output, Path data, List<Object> options, Object... made) {
    List<Object> all =
        new ArrayList<>(List.of("train", "-m", MODEL, "-d", data, "-o", output, "--steps", 1));
    all.addAll(options);
    return run(all, made);
  }

  private static Run run(List<Object> first, Object... more) {
    List<Object> all = new ArrayList<>(first);
    all.addAll(List.of(more));
    return Run.of(all.toArray());
  }

  private static float[] floats(Path file, String name) {
    try (TensorSource source = TensorSource.open(file)) {
      float[] values = new float[(int) source.tensor(name).elementCount()];
      source.readFloats(name, 0, values, 0, values.length);
      return values;
    }
  }
}
