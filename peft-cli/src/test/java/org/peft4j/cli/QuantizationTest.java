package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/** Bases in 4 and 8 bits on the command line. */
class QuantizationTest {
  private final Path folder;

  QuantizationTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @CsvSource({
    "llama_nf4, --quantization nf4",
    "llama_int8, --quantization int8",
    "llama_int8_groups, --quantization int8 --block-size 64 --symmetric"
  })
  void forwardGivesTheNumbersOfTheReference(String name, String options) {
    Path golden = Run.GOLDEN.resolve("quantized").resolve(name);
    Path out = folder.resolve("out.safetensors");
    Stream<Object> arguments =
        Stream.of(
            "forward",
            "-m",
            Run.LLAMA,
            "-a",
            golden.resolve("adapter"),
            "-i",
            golden.resolve("inputs.safetensors"),
            "-o",
            out);
    Run run = Run.of(Stream.concat(arguments, Stream.of(options.split(" "))).toArray());

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(loss(out)).isCloseTo(loss(golden.resolve("expected.safetensors")), within(1e-5f));
  }

  private static float loss(Path file) {
    float[] loss = new float[1];
    try (TensorSource source = TensorSource.open(file)) {
      source.readFloats("loss", 0, loss, 0, 1);
    }
    return loss[0];
  }

  @Test
  void anAdapterTrainsOnIt() {
    Run run =
        Run.of(
            "train",
            "-m",
            Run.LLAMA,
            "-d",
            Run.INPUTS,
            "-o",
            folder.resolve("adapter"),
            "-t",
            "all-linear",
            "--steps",
            2,
            "--quantization",
            "fp4",
            "--block-size",
            32,
            "--double-quantization",
            "--skip-modules",
            "up_proj,down_proj");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(folder.resolve("adapter/adapter_model.safetensors")).exists();
  }

  @Test
  void aPlanTellsTheSizeInFewerBits() {
    Run run =
        Run.of("plan", Run.GOLDEN.resolveSibling("plan").resolve("gpt2"), "--quantization", "nf4");

    // 84,934,656 weights in blocks: half a byte each, and 4 bytes for 64 of them.
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .containsPattern("tokens +nf4, fp32 +nf4, bf16\\R")
        .containsPattern("weights +206 MB +127 MB\\R");
  }

  @Test
  void otherWeightsTakeTheTypeThatIsAskedFor() {
    Path own = folder.resolve("own");
    Path half = folder.resolve("half");
    Run.of("quantize", "-m", Run.LLAMA, "-o", own, "--quantization", "nf4");
    Run run =
        Run.of(
            "quantize",
            "-m",
            Run.LLAMA,
            "-o",
            half,
            "--quantization",
            "nf4",
            "--precision",
            "bf16");

    assertThat(run.status()).as(run.err()).isZero();
    try (TensorSource before = TensorSource.open(own.resolve("model.safetensors"));
        TensorSource after = TensorSource.open(half.resolve("model.safetensors"))) {
      assertThat(after.tensors().keySet()).isEqualTo(before.tensors().keySet());
      for (TensorInfo tensor : after.tensors().values()) {
        DType was = Objects.requireNonNull(before.tensors().get(tensor.name())).dtype();
        boolean ofQuantised = tensor.name().contains("_proj.weight");
        assertThat(tensor.dtype())
            .as(tensor.name())
            .isEqualTo(was == DType.F32 && !ofQuantised ? DType.BF16 : was);
      }
    }
  }

  @Test
  void aQuantisedCheckpointIsPlannedAndMergedWithoutBeingQuantisedAgain() {
    Path model = folder.resolve("nf4");
    Path adapter = Run.GOLDEN.resolve("quantized/llama_nf4/adapter");
    Run written =
        Run.of(
            "quantize",
            "-m",
            Run.LLAMA,
            "-o",
            model,
            "--quantization",
            "nf4",
            "--shard-size",
            "9KB");
    Run plan = Run.of("plan", model);
    Run twice = Run.of("plan", model, "--quantization", "nf4");
    Run refused = Run.of("merge", "-m", model, "-a", adapter, "-o", folder.resolve("m"));
    Run merged =
        Run.of(
            "merge", "-m", model, "-a", adapter, "-o", folder.resolve("m"), "--precision", "fp32");

    assertThat(written.out()).isEqualTo("checkpoint in nf4 written to " + model + "\n");
    assertThat(plan.out())
        .isEqualTo(Run.of("plan", Run.LLAMA, "--quantization", "nf4").out())
        .contains("nf4, fp32");
    assertThat(twice.err()).contains(" holds its weights as nf4 already; leave --quantization out");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err())
        .contains("is held as NF4, and cannot take an adapter in")
        .contains("--precision");
    assertThat(merged.status()).as(merged.err()).isZero();
    assertThat(merged.out())
        .contains("its weights are those that " + model + " holds in fewer bits, as numbers");
  }

  /** LoftQ: codes and adapter are written together, and a training begins from them. */
  @Test
  void loftqWritesABaseAndTheAdapterThatBelongsToIt() throws IOException {
    Path model = folder.resolve("base");
    Path start = folder.resolve("start");
    Run written =
        Run.of(
            Stream.concat(
                    Stream.of("quantize", "-m", Run.LLAMA, "-o", model, "--adapter-output", start),
                    Stream.of(
                        "--quantization nf4 --loftq 3 --rank 4 --alpha 9 -t all-linear".split(" ")))
                .toArray());
    Run trained =
        Run.of(
            Stream.of("train", "-m", model, "-a", start, "-d", Run.INPUTS, "--steps", 1, "-o", "t")
                .map(each -> each.equals("t") ? folder.resolve("t") : each)
                .toArray());

    assertThat(written.status()).as(written.err()).isZero();
    assertThat(written.out())
        .contains("checkpoint in nf4 written to " + model)
        .contains("adapter written to " + start + "; train it with --model " + model);
    assertThat(trained.status()).as(trained.err()).isZero();
    assertThat(Files.readString(start.resolve("adapter_config.json")))
        .contains("\"init_lora_weights\" : true", "\"loftq_config\" : { }")
        .contains("\"base_model_name_or_path\" : \"" + model + "\"");
    double exact = loss(Run.LLAMA, Optional.empty());
    assertThat(Math.abs(loss(model, Optional.of(start)) - exact))
        .isLessThan(Math.abs(loss(model, Optional.empty()) - exact));
  }

  private double loss(Path model, Optional<Path> adapter) {
    Path out = folder.resolve("loss.safetensors");
    Stream<Object> plain = Stream.of("forward", "-m", model, "-i", Run.INPUTS, "-o", out);
    Stream<Object> more = adapter.<Stream<Object>>map(a -> Stream.of("-a", a)).orElse(Stream.of());
    Run run = Run.of(Stream.concat(plain, more).toArray());
    assertThat(run.status()).as(run.err()).isZero();
    return loss(out);
  }

  private Run loftq(Path model, String options) {
    return Run.of(
        Stream.concat(
                Stream.of("train", "-m", model, "-d", Run.INPUTS, "-o", folder.resolve("a")),
                Stream.of(options.split(" "))
                    .map(each -> each.equals("LLAMA") ? Run.LLAMA.toString() : each))
            .toArray());
  }

  @ParameterizedTest
  @CsvSource({
    "false, --steps 1 --set init_lora_weights=loftq --original LLAMA",
    "true, --steps 1 --set init_lora_weights=loftq --quantization nf4"
  })
  void anAdapterBeginsWithWhatAQuantisedBaseLost(boolean here, String options) {
    Path model = here ? Run.LLAMA : folder.resolve("nf4");
    if (!here) {
      Run.of("quantize", "-m", Run.LLAMA, "-o", model, "--quantization", "nf4");
    }
    Run run = loftq(model, options);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("loftq: first values of 4 modules from " + Run.LLAMA);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--original LLAMA | --original is for a new adapter with --set init_lora_weights=loftq",
        "--set init_lora_weights=loftq | Name the folder of the original checkpoint with --original",
        "--original LLAMA --set init_lora_weights=loftq --set loftq_config={\"loftq_bits\":8}"
            + " | Set loftq_config={\"loftq_bits\": 4}.",
        "--original LLAMA --set init_lora_weights=loftq --set loftq_config={\"loftq_iter\":2}"
            + " | peft quantize --loftq 2."
      })
  void loftqThatCannotBeIsRefused(String options, String message) {
    Path model = folder.resolve("nf4");
    Run.of("quantize", "-m", Run.LLAMA, "-o", model, "--quantization", "nf4");
    Run run = loftq(model, options);

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains(message);
  }

  @Test
  void anAdapterOfLoftqNeedsItsIterations() {
    Run run =
        Run.of(
            "quantize",
            "-m",
            Run.LLAMA,
            "-o",
            folder.resolve("x"),
            "--quantization",
            "nf4",
            "--rank",
            4);

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains("add --loftq 1 or more");
  }

  /** QA-LoRA from a base in 4 bits to a merged model in 4 bits. */
  @Test
  void qaLoraTrainsAndMergesInFourBits() throws IOException {
    Path model = folder.resolve("int4");
    Path adapter = folder.resolve("qa");
    Path merged = folder.resolve("merged");
    Run written =
        Run.of(
            Stream.concat(
                    Stream.of("quantize", "-m", Run.LLAMA, "-o", model),
                    Stream.of("--quantization int4 --block-size 8".split(" ")))
                .toArray());
    Run trained =
        Run.of(
            Stream.concat(
                    Stream.of("train", "-m", model, "-d", Run.INPUTS, "-o", adapter),
                    Stream.of(
                        "--steps 2 -l 1e-2 --set use_qalora=true --set qalora_group_size=8"
                            .split(" ")))
                .toArray());
    Run merge = Run.of("merge", "-m", model, "-a", adapter, "-o", merged);

    assertThat(written.status()).as(written.err()).isZero();
    assertThat(trained.status()).as(trained.err()).isZero();
    assertThat(merge.status()).as(merge.err()).isZero();
    assertThat(merge.out()).doesNotContain("as numbers");
    assertThat(Files.size(merged.resolve("model.safetensors")))
        .isEqualTo(Files.size(model.resolve("model.safetensors")));
    double adapted = loss(model, Optional.of(adapter));
    assertThat(loss(merged, Optional.empty())).isCloseTo(adapted, within(1e-5));
    assertThat(Math.abs(loss(model, Optional.empty()) - adapted)).isGreaterThan(1e-4);
  }

  @Test
  void quantizeNeedsAFormat() {
    Run run = Run.of("quantize", "-m", Run.LLAMA, "-o", folder.resolve("x"));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("give --quantization: nf4, fp4, int8 or int4");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--quantization nf4 --block-size 48 | --block-size is 48; allowed: 32, 64",
        "--block-size 64 | add --quantization nf4",
        "--double-quantization | add --quantization nf4",
        "--quantization nf4 --int8-threshold 6 | --int8-threshold does not go with --quantization"
            + " nf4",
        "--quantization nf4 --symmetric | it is for int4, and int8 with --block-size.",
        "--quantization int4 --block-size 96 | --block-size is 96; allowed: 8, 16, 32",
        "--quantization int8 --int8-threshold -1 | --int8-threshold is -1.0; allowed: 0",
        "--quantization int8 --block-size 64 --double-quantization | it is for nf4, fp4.",
        "--quantization nf5 | 'nf5'"
      })
  void whatIsImpossibleIsRefused(String options, String message) {
    Run run =
        Run.of(
            Stream.concat(Stream.of("plan", Run.LLAMA), Stream.of(options.split(" "))).toArray());

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains(message);
  }
}
