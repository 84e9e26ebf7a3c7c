package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.method.Combination;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.forward.ForwardInputs;

/** Commands with several adapters, weights and sums. */
class SeveralAdaptersTest {
  private static final Path SECOND = Run.GOLDEN.resolve("llama_all_seven/adapter");

  private final Path folder;

  SeveralAdaptersTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** The adapters act on the same base: what each adds to a weight is added, times its weight. */
  @Test
  void allActTogetherEachTimesItsWeight() {
    float[] expected = logitsOfSum(Combination.of(Combination.Type.CAT));

    assertClose(forward(Run.LLAMA, "-a", Run.ADAPTER, "-a", SECOND + "=0.5"), expected);
  }

  @Test
  void aMergeOfSeveralGivesTheSameLogits() throws IOException {
    Path merged = folder.resolve("merged");
    Run run =
        run(
            "merge",
            "-m",
            Run.LLAMA,
            "-a",
            Run.ADAPTER,
            "-a",
            SECOND + "=0.5",
            "-o",
            merged,
            "--shard-size",
            "20KB");

    assertThat(run.status()).as(run.err()).isZero();
    assertClose(forward(merged), logitsOfSum(Combination.of(Combination.Type.CAT)));
    try (Stream<Path> files = Files.list(merged)) {
      assertThat(files.filter(f -> f.toString().endsWith(".safetensors")).count()).isGreaterThan(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cat, ''",
    "linear, ''",
    "svd, --rank 3",
    "ties, --density 0.5 --majority frequency",
    "dare-linear, --density 0.5 --seed 7",
    "magnitude_prune_svd, --density 0.5 --rank 3",
  })
  void combineWritesTheSum(String type, String options) {
    Path output = folder.resolve("sum");
    List<Object> all =
        new ArrayList<>(
            List.of(
                "combine", "-m", Run.LLAMA, "-a", SECOND, "-a", other() + "=0.5", "-o", output));
    all.addAll(List.of("--type", type));
    all.addAll(options.isEmpty() ? List.of() : List.of(options.split(" ")));

    Run run = Run.of(all.toArray());

    assertThat(run.status()).as(run.err()).isZero();
    assertClose(forward(Run.LLAMA, "-a", output), logitsOf(how(type, options), SECOND, other()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "combine -m LLAMA -a ADAPTER -o @/o --type tie | allowed: [LINEAR, CAT, SVD,",
        "combine -m LLAMA -a ADAPTER=x -o @/o          | allowed: a number",
        "combine -m LLAMA -a ADAPTER -o @/o --type ties | TIES needs a density",
        "combine -m LLAMA -a ADAPTER -o @/o --rank 3   | --rank and --clamp are for svd types",
        "merge -m LLAMA -a ADAPTER -o @/o --shard-size 3XB | allowed: a whole number above 0",
        "merge -m LLAMA -a ADAPTER -o @/o --dtype i64  | allowed: fp32, fp16, bf16",
        "forward -m LLAMA -a ADAPTER=2 -i INPUTS -o @/f --gradients | a single adapter",
      })
  void wrongOptionsAreTold(String line, String message) {
    Run run =
        Run.of(
            (Object[])
                line.replace("@", folder.toString())
                    .replace("LLAMA", Run.LLAMA.toString())
                    .replace("ADAPTER", Run.ADAPTER.toString())
                    .replace("INPUTS", Run.INPUTS.toString())
                    .split(" +"));

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains(message);
  }

  /** A half-precision base gives a half-precision checkpoint, unless another type is asked for. */
  @ParameterizedTest
  @CsvSource({"'', BF16", "fp32, F32", "F16, F16"})
  void aMergeKeepsTheModelsType(String type, String written) {
    Path base = Run.GOLDEN.resolve("bases/llama_bf16");
    Path output = folder.resolve("merged");
    List<Object> all = new ArrayList<>(List.of("merge", "-m", base));
    all.addAll(List.of("-a", Run.GOLDEN.resolve("llama_bf16/adapter"), "-o", output));
    all.addAll(type.isEmpty() ? List.of() : List.of("--dtype", type));

    Run run = Run.of(all.toArray());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("its logits differ from the adapted model's by at most");
    try (TensorSource file = TensorSource.open(output)) {
      assertThat(file.tensors().values())
          .allSatisfy(tensor -> assertThat(tensor.dtype()).hasToString(written));
    }
  }

  @Test
  void trainingGoesOnWithAnotherDropout() throws IOException {
    Path output = folder.resolve("more");
    Run run =
        run(
            "train",
            "-m",
            Run.LLAMA,
            "-d",
            Run.INPUTS,
            "-a",
            Run.ADAPTER,
            "--dropout",
            0.25,
            "--learning-rate",
            0,
            "--steps",
            1,
            "-o",
            output);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(Files.readString(output.resolve("adapter_config.json")))
        .contains("\"lora_dropout\" : 0.25");
    assertClose(forward(Run.LLAMA, "-a", output), forward(Run.LLAMA, "-a", Run.ADAPTER));
  }

  @Test
  void namesOfModulesNeedNoQuotes() throws IOException {
    Path output = folder.resolve("new");
    Run run =
        run(
            "train",
            "-m",
            Run.LLAMA,
            "-d",
            Run.INPUTS,
            "--steps",
            1,
            "-o",
            output,
            "--set",
            "target_modules=q_proj,up_proj",
            "--set",
            "modules_to_save=lm_head");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(Files.readString(output.resolve("adapter_config.json")))
        .containsPattern("\"target_modules\" : \\[ *\"q_proj\", *\"up_proj\" *]")
        .containsPattern("\"modules_to_save\" : \\[ *\"lm_head\" *]");
  }

  private static Path other() {
    return Run.GOLDEN.resolve("llama_regex/adapter");
  }

  private static Combination how(String type, String options) {
    Combination how =
        Combination.of(
            Combination.Type.valueOf(type.toUpperCase(java.util.Locale.ROOT).replace('-', '_')));
    if (options.contains("--rank")) {
      how = how.rank(3);
    }
    if (options.contains("--density")) {
      how = how.density(0.5);
    }
    if (options.contains("frequency")) {
      how = how.majority(Combination.Majority.FREQUENCY);
    }
    return options.contains("--seed") ? how.seed(7) : how;
  }

  private static float[] logitsOfSum(Combination how) {
    return logitsOf(how, Run.ADAPTER, SECOND);
  }

  /** Through the Java API. */
  private static float[] logitsOf(Combination how, Path first, Path second) {
    try (CausalLanguageModel base = Transformers.load(Run.LLAMA);
        PeftModel<ComputationGraph> model = Peft.load(base.graph(), first);
        ForwardInputs inputs = ForwardInputs.read(Run.INPUTS, base.architecture())) {
      model.loadAdapter("second", second);
      model.addWeightedAdapter(List.of("default", "second"), List.of(1.0, 0.5), "sum", how);
      model.setActive("sum");
      INDArray[] mask = {inputs.attentionMask().orElseThrow()};
      INDArray logits = model.network().output(false, new INDArray[] {inputs.input()}, mask)[0];
      return logits.dup('c').reshape(logits.length()).toFloatVector();
    }
  }

  private float[] forward(Path model, Object... adapters) {
    Path output = folder.resolve("out.safetensors");
    List<Object> all =
        new ArrayList<>(List.of("forward", "-m", model, "-i", Run.INPUTS, "-o", output));
    all.addAll(List.of(adapters));
    Run run = Run.of(all.toArray());
    assertThat(run.status()).as(run.err()).isZero();
    try (TensorSource source = TensorSource.open(output)) {
      float[] values = new float[(int) source.tensor("logits").elementCount()];
      source.readFloats("logits", 0, values, 0, values.length);
      return values;
    }
  }

  private static Run run(Object... arguments) {
    return Run.of(arguments);
  }

  private static void assertClose(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(1e-4f));
    }
  }
}
