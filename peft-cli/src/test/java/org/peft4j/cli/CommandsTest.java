package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.safetensors.TensorSource;

/** Every command that needs no tokenizer, on a tiny model. */
class CommandsTest {
  private static final double TOLERANCE = 1e-5;

  private final Path folder;

  CommandsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void forwardWritesTheReferencesLogitsLossAndGradients() {
    Path output = folder.resolve("out.safetensors");

    Run run = forward(output, Run.LLAMA, "--adapter", Run.ADAPTER, "--gradients");

    assertThat(run.status()).as(run.err()).isZero();
    try (TensorSource actual = TensorSource.open(output);
        TensorSource expected = TensorSource.open(Run.CASE.resolve("expected.safetensors"))) {
      assertThat(actual.tensors()).hasSize(10);
      for (String name : actual.tensors().keySet()) {
        assertThat(actual.tensor(name).shape()).isEqualTo(expected.tensor(name).shape());
        if (!name.equals("logits")) {
          assertClose(name, floats(actual, name), floats(expected, name));
        }
      }
    }
  }

  @Test
  void forwardWithoutAnAdapterWritesTheBaseModels() {
    Path output = folder.resolve("out.safetensors");

    forward(output, Run.LLAMA);

    try (TensorSource actual = TensorSource.open(output)) {
      assertThat(actual.tensors().keySet()).containsExactly("logits", "loss");
    }
  }

  @Test
  void evalPrintsTheReferencesLoss() {
    Run run = Run.of("eval", "-m", Run.LLAMA, "-a", Run.ADAPTER, "-d", Run.INPUTS);

    assertThat(run.status()).as(run.err()).isZero();
    try (TensorSource expected = TensorSource.open(Run.CASE.resolve("expected.safetensors"))) {
      double loss = floats(expected, "loss")[0];
      assertThat(run.out())
          .startsWith(String.format(Locale.ROOT, "loss: %.4f%nperplexity: ", loss))
          .containsPattern("\\Rtokens: \\d+\\R");
    }
  }

  @Test
  void trainWritesAnAdapterAndAMetricsLineForEachStep() throws IOException {
    Run run = train(folder.resolve("new"), "--steps", 3, "--rank", 4, "--target", "all-linear");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("trainable params: ", "|| all params: ", "training data: ", "step 3/3  loss ")
        .contains("tokens/s", "adapter saved in " + folder.resolve("new"));
    List<String> lines = Files.readAllLines(folder.resolve("new/metrics.jsonl"));
    assertThat(lines).hasSize(3);
    JsonNode last = JsonMapper.builder().build().readTree(lines.get(2));
    assertThat(last.fieldNames())
        .toIterable()
        .contains(
            "step", "loss", "learning_rate", "grad_norm", "step_seconds", "tokens_per_second");
    assertThat(Files.readString(folder.resolve("new/adapter_config.json")))
        .contains("\"peft_type\" : \"LORA\"", "\"r\" : 4", Run.LLAMA.toString());
  }

  @Test
  void trainGoesOnWithASavedAdapterOrAConfigAndEvaluates() {
    Path first = folder.resolve("first");
    Run config =
        train(first, "--steps", 1, "--adapter-config", Run.ADAPTER.resolve("adapter_config.json"));
    Run more =
        train(folder.resolve("more"), "--steps", 1, "--adapter", first, "--eval", Run.INPUTS);

    assertThat(config.status()).as(config.err()).isZero();
    assertThat(more.status()).as(more.err()).isZero();
    assertThat(more.out()).contains("evaluation after step 1: loss ");
  }

  @Test
  void mergedCheckpointGivesTheAdaptedLogits() {
    Path merged = folder.resolve("merged");
    Run run = Run.of("merge", "-m", Run.LLAMA, "-a", Run.ADAPTER, "-o", merged);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("merged checkpoint written to " + merged);
    Path adapted = folder.resolve("adapted.safetensors");
    Path after = folder.resolve("after.safetensors");
    forward(adapted, Run.LLAMA, "--adapter", Run.ADAPTER);
    forward(after, merged);
    try (TensorSource one = TensorSource.open(after);
        TensorSource other = TensorSource.open(adapted)) {
      assertClose("logits", floats(one, "logits"), floats(other, "logits"));
    }
  }

  @Test
  void initWritesTheSameCheckpointForTheSameSeed() throws IOException {
    Path config = Run.LLAMA.resolve("config.json");
    for (String name : List.of("a", "b")) {
      Run run = Run.of("init", "--config", config, "--output", folder.resolve(name), "--seed", 7);
      assertThat(run.status()).as(run.err()).isZero();
    }

    assertThat(Files.mismatch(weights("a"), weights("b"))).isEqualTo(-1);
  }

  private Path weights(String name) {
    return folder.resolve(name).resolve("model.safetensors");
  }

  @Test
  void inspectTellsSitesTensorsAndConfigs() {
    assertThat(Run.of("inspect", Run.LLAMA).out()).contains("q_proj", "32 → 32", "F32", "total: ");
    assertThat(Run.of("inspect", Run.ADAPTER).out()).contains("LORA", "lora_A.weight", "[4, 32]");
    assertThat(Run.of("inspect", Run.INPUTS).out()).contains("input_ids", "I64");
  }

  private static Run forward(Path output, Path model, Object... more) {
    return run(List.of("forward", "-m", model, "--inputs", Run.INPUTS, "--output", output), more);
  }

  private static Run train(Path output, Object... more) {
    return run(List.of("train", "-m", Run.LLAMA, "-d", Run.INPUTS, "-o", output), more);
  }

  private static Run run(List<Object> first, Object... more) {
    List<Object> arguments = new ArrayList<>(first);
    arguments.addAll(List.of(more));
    return Run.of(arguments.toArray());
  }

  private static float[] floats(TensorSource source, String name) {
    float[] values = new float[(int) source.tensor(name).elementCount()];
    source.readFloats(name, 0, values, 0, values.length);
    return values;
  }

  private static void assertClose(String name, float[] actual, float[] expected) {
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).as(name).isCloseTo(expected[i], within(TOLERANCE * largest));
    }
  }
}
