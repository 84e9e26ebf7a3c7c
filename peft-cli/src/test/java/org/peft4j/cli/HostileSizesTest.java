package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.method.PeftMethod;

/**
 * Sizes in a config that its file does not have: an error or the right result in moments, never
 * memory or time by the number that the config tells.
 */
class HostileSizesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path MODEL = Run.GOLDEN.resolve("bases/llama_biases");
  private static final List<Long> SIZES = List.of(100_000L, 536_870_920L, 2_147_483_647L);
  private static final long PLANNED = 1_073_741_824L;

  private final Path folder;

  HostileSizesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static Stream<String> methods() {
    return ServiceLoader.load(PeftMethod.class).stream().map(each -> each.get().peftType());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aSizeThatTheFileDoesNotHaveIsRefusedAtOnce(String method) throws IOException {
    Path adapter = folder.resolve("adapter");
    train(method, adapter);
    Path file = adapter.resolve("adapter_config.json");
    ObjectNode config = (ObjectNode) JSON.readTree(file.toFile());
    List<String> numbers =
        config.properties().stream()
            .filter(field -> field.getValue().isIntegralNumber())
            .map(Map.Entry::getKey)
            .toList();
    SoftAssertions all = new SoftAssertions();
    for (String field : numbers) {
      for (long size : SIZES) {
        Files.writeString(file, config.deepCopy().put(field, size).toString());
        String name = method + ", " + field + " " + size;
        requireDecent(all, name, "eval", "-m", MODEL, "-a", adapter, "-d", Run.INPUTS);
      }
      Files.writeString(file, config.deepCopy().put(field, PLANNED).toString());
      requireDecent(
          all, method + ", " + field + " planned", "plan", MODEL, "--adapter-config", file);
      Files.writeString(file, config.toString());
    }
    all.assertAll();
  }

  private static void requireDecent(SoftAssertions all, String name, Object... command) {
    Run run = assertTimeout(Duration.ofSeconds(20), () -> Run.of(command), name);
    all.assertThat(run.status()).as("%s: %s", name, run.err()).isIn(0, 1);
    all.assertThat(run.err()).as(name).doesNotContain("bug").doesNotContain("out of memory");
    if (run.status() != 0) {
      all.assertThat(run.err()).as(name).hasLineCount(1);
    }
  }

  private static void train(String method, Path adapter) {
    List<Object> command =
        new ArrayList<>(
            List.of("train", "-m", MODEL, "-d", Run.INPUTS, "-o", adapter, "--steps", 1));
    command.addAll(List.of("--method", method));
    command.addAll(EveryMethodTest.needed(method));
    if (method.startsWith("MULTITASK")) {
      command.addAll(List.of("--task", 0));
    }
    Run run = Run.of(command.toArray());
    assertThat(run.status()).as(run.err()).isZero();
  }

  /** Sizes of a base model's config beside the tensors of a small one. */
  static Stream<String> bases() {
    return Stream.of("llama", "gpt2", "qwen2", "mistral", "opt");
  }

  @ParameterizedTest
  @MethodSource("bases")
  void aModelLargerThanItsFileIsRefusedAtOnce(String base) throws IOException {
    Path source = Run.GOLDEN.resolve("bases").resolve(base);
    Path copy = Files.createDirectory(folder.resolve("copy"));
    Files.copy(source.resolve("model.safetensors"), copy.resolve("model.safetensors"));
    JsonNode config = JSON.readTree(source.resolve("config.json").toFile());
    SoftAssertions all = new SoftAssertions();
    List<String> numbers = new ArrayList<>(List.of("num_labels"));
    config.properties().stream()
        .filter(field -> field.getValue().isIntegralNumber())
        .forEach(field -> numbers.add(field.getKey()));
    for (String field : numbers) {
      for (long size : SIZES) {
        write(config, field, size, copy);
        requireDecent(all, base + ", " + field + " " + size, "eval", "-m", copy, "-d", Run.INPUTS);
      }
      write(config, field, PLANNED, copy);
      requireDecent(all, base + ", " + field + " planned", "plan", copy, "--method", "lora");
      requireDecent(all, base + ", " + field + " inspected", "inspect", copy);
    }
    all.assertAll();
  }

  private static void write(JsonNode config, String field, long size, Path folder)
      throws IOException {
    ObjectNode changed = ((ObjectNode) config.deepCopy()).put(field, size);
    if (field.equals("num_labels")) {
      changed.putArray("architectures").add("LlamaForSequenceClassification");
    }
    Files.writeString(folder.resolve("config.json"), changed.toString());
  }
}
