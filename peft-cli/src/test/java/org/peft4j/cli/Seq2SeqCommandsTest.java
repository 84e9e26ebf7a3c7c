package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.safetensors.TensorSource;

/** Every command that needs no tokenizer, on a tiny encoder-decoder. */
class Seq2SeqCommandsTest {
  private static final Path T5 = Run.GOLDEN.resolve("bases/t5");
  private static final Path CASE = Run.GOLDEN.resolve("seq2seq/t5");
  private static final Path ADAPTER = CASE.resolve("adapter");
  private static final Path INPUTS = CASE.resolve("inputs.safetensors");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @Test
  void forwardWritesTheReferencesLogitsLossAndGradients() {
    Path output = folder.resolve("out.safetensors");

    run("forward", "-m", T5, "-a", ADAPTER, "--inputs", INPUTS, "-o", output, "--gradients");

    try (TensorSource actual = TensorSource.open(output);
        TensorSource expected = TensorSource.open(CASE.resolve("expected.safetensors"))) {
      assertThat(actual.tensors().keySet()).contains("logits", "loss").hasSizeGreaterThan(10);
      for (String name : actual.tensors().keySet()) {
        assertThat(actual.tensor(name).shape()).isEqualTo(expected.tensor(name).shape());
        if (!name.equals("logits")) { // At padding they have no meaning.
          assertClose(name, floats(actual, name), floats(expected, name));
        }
      }
    }
  }

  @Test
  void aDecodersInputIsMadeFromLabels() {
    int[][] ids = {{4, 9, 3, 2}, {8, 8, 4, 2}};
    int[][] labels = {{5, 6, 2}, {7, 2, -100}};
    int[][] shifted = {{0, 5, 6}, {0, 7, 2}};
    Path made = folder.resolve("made.safetensors");
    Path given = folder.resolve("given.safetensors");
    write(made, Map.of("input_ids", ids, "labels", labels));
    write(given, Map.of("input_ids", ids, "labels", labels, "decoder_input_ids", shifted));

    run("forward", "-m", T5, "--inputs", made, "-o", folder.resolve("a.safetensors"));
    run("forward", "-m", T5, "--inputs", given, "-o", folder.resolve("b.safetensors"));

    assertThat(folder.resolve("a.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("b.safetensors"));
    assertThat(run("eval", "-m", T5, "-d", made).out())
        .isEqualTo(run("eval", "-m", T5, "-d", given).out());
  }

  @Test
  void evalPrintsTheReferencesLoss() {
    Run run = run("eval", "-m", T5, "-a", ADAPTER, "-d", INPUTS);

    try (TensorSource expected = TensorSource.open(CASE.resolve("expected.safetensors"))) {
      double loss = floats(expected, "loss")[0];
      assertThat(run.out())
          .startsWith(String.format(Locale.ROOT, "loss: %.4f%nperplexity: ", loss));
    }
  }

  @Test
  void trainWritesAnAdapterOfItsTaskThatMergeTakes() throws IOException {
    Path adapter = folder.resolve("adapter");

    Run trained = run("train", "-m", T5, "-d", INPUTS, "-o", adapter, "--steps", 3, "--rank", 2);
    Run merged = run("merge", "-m", T5, "-a", adapter, "-o", folder.resolve("merged"));

    assertThat(trained.out()).contains("step 3/3  loss ");
    assertThat(Files.readString(adapter.resolve("adapter_config.json")))
        .contains("\"task_type\" : \"SEQ_2_SEQ_LM\"");
    assertThat(merged.out()).containsPattern("by at most \\d\\.\\de-0[6-9]");
    assertThat(run("eval", "-m", folder.resolve("merged"), "-d", INPUTS).out())
        .isEqualTo(run("eval", "-m", T5, "-a", adapter, "-d", INPUTS).out());
  }

  @Test
  void initPlanAndInspectTakeBothStacks() {
    Path model = folder.resolve("model");

    run("init", "--config", T5.resolve("config.json"), "-o", model);
    Run plan = run("plan", model, "--target", "q");
    Run inspected = run("inspect", model);

    assertThat(plan.out())
        .containsPattern("encoder\\.block\\.\\*.*SelfAttention\\.q +linear +24 → 28 +2 ")
        .containsPattern("decoder\\.block\\.\\*.*EncDecAttention\\.q +linear +24 → 28 +2 ");
    assertThat(inspected.out()).contains("t5 model: ", "tied head").contains("encoder of 2 layers");
  }

  @Test
  void dataOfAnotherKindIsRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("a.txt"), "some text");

    Run run = Run.of("eval", "-m", T5, "-d", text);

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("which learns from pairs: use .jsonl with lines of");
  }

  @Test
  void valuesFromDataAreNotTakenOfTwoStacks() {
    Path adapter = folder.resolve("adapter");

    Run run =
        Run.of(
            "train",
            "-m",
            T5,
            "-d",
            INPUTS,
            "-o",
            adapter,
            "--set=init_lora_weights=eva",
            "--target=q",
            "--steps=1");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("First values from data are for models of one stack");
  }

  private static Run run(Object... arguments) {
    Run run = Run.of(arguments);
    assertThat(run.status()).as(List.of(arguments) + ": " + run.err()).isZero();
    return run;
  }

  private static void write(Path file, Map<String, int[][]> tensors) {
    Map<String, int[][]> sorted = new TreeMap<>(tensors);
    SafetensorsWriter writer = SafetensorsWriter.to(file);
    sorted.forEach((name, rows) -> writer.tensor(name, DType.I64, rows.length, rows[0].length));
    writer.write(
        sink -> {
          for (Map.Entry<String, int[][]> each : sorted.entrySet()) {
            long[] values =
                Arrays.stream(each.getValue())
                    .flatMapToInt(Arrays::stream)
                    .asLongStream()
                    .toArray();
            sink.writeLongs(each.getKey(), values, 0, values.length);
          }
        });
  }

  private static float[] floats(TensorSource source, String name) {
    float[] values = new float[(int) source.tensor(name).elementCount()];
    source.readFloats(name, 0, values, 0, values.length);
    return values;
  }

  private static void assertClose(String name, float[] actual, float[] expected) {
    List<Double> sizes = new ArrayList<>();
    for (float value : expected) {
      sizes.add((double) Math.abs(value));
    }
    double largest = sizes.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).as(name).isCloseTo(expected[i], within(1e-5 * largest));
    }
  }
}
