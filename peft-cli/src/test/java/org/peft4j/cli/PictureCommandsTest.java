package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/** Commands on UNets of diffusers. */
class PictureCommandsTest {
  private static final Path UNETS = Path.of("..", "peft-diffusion", "src", "test", "resources");
  private static final Path GOLDEN = UNETS.resolve("golden");

  private static float[] values(Path file, String name) {
    try (TensorSource source = TensorSource.open(file)) {
      TensorInfo info = source.tensor(name);
      float[] values = new float[(int) info.elementCount()];
      source.readFloats(name, 0, values, 0, values.length);
      return values;
    }
  }

  private static void assertSame(Path actual, Path expected, String name) {
    float[] wanted = values(expected, name);
    float largest = 0;
    for (float value : wanted) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(values(actual, name)).as(name).containsExactly(wanted, within(largest * 1e-5f));
  }

  @ParameterizedTest
  @ValueSource(strings = {"attention", "convolutions"})
  void forwardGivesTheReferencesSampleLossAndGradients(String name, @TempDir Path folder) {
    Path output = folder.resolve("out.safetensors");
    Path golden = GOLDEN.resolve(name);
    Run run =
        Run.of(
            "forward",
            "--model",
            GOLDEN.resolve("bases/sd1"),
            "--adapter",
            golden.resolve("adapter"),
            "--inputs",
            golden.resolve("inputs.safetensors"),
            "--output",
            output,
            "--gradients");

    assertThat(run.status()).as(run.err()).isZero();
    Path expected = golden.resolve("expected.safetensors");
    assertSame(output, expected, "sample");
    assertSame(output, expected, "loss");
    try (TensorSource source = TensorSource.open(expected)) {
      source.tensors().keySet().stream()
          .filter(key -> key.startsWith("grad."))
          .forEach(key -> assertSame(output, expected, key));
    }
  }

  @Test
  void forwardNamesWhatAUNetReads(@TempDir Path folder) {
    Run run =
        Run.of(
            "forward",
            "--model",
            GOLDEN.resolve("bases/sd1"),
            "--inputs",
            GOLDEN.resolve("attention/expected.safetensors"),
            "--output",
            folder.resolve("out.safetensors"));

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains("a UNet reads sample, timestep, encoder_hidden_states, target.");
  }

  @Test
  void aPlanCountsWhatTrainsInStableDiffusion() {
    Run run =
        Run.of(
            "plan",
            UNETS.resolve("plan/sd15"),
            "--rank",
            4,
            "--target",
            "to_q,to_k,to_v,to_out.0",
            "--batch",
            1);

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .startsWith("trainable params: 797,184 || all params: 860,318,148 || trainable%: 0.0927")
        .contains("memory, 1 × 64 × 64 pixels of samples")
        .containsPattern("weights +3\\.44 GB +1\\.72 GB");
    assertThat(
            Run.of(
                    "plan",
                    UNETS.resolve("plan/sd15/unet/config.json"),
                    "--target",
                    "conv1",
                    "--json")
                .out())
        .contains("\"model_type\" : \"UNet2DConditionModel\"")
        .contains("\"height\" : 64");
  }

  @Test
  void aPlanKnowsWeightsThatStayInTheirFile() {
    Object[] plan = {"plan", UNETS.resolve("plan/sd15"), "-t", "to_q", "--offload", "disk"};

    assertThat(Run.of(plan).out()).containsPattern("weights, offloaded +197 MB +98\\.4 MB");
    Run both = Run.of(Stream.concat(Stream.of(plan), Stream.of("--quantization", "nf4")).toArray());
    assertThat(both.status()).isNotZero();
    assertThat(both.err()).contains("--offload and --quantization do not go together for ");
  }

  @Test
  void modelsThatAreNotSupportedAreRefusedByName(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("model_index.json"), "{\"_class_name\": \"StableDiffusionXLPipeline\"}");
    Run run = Run.of("plan", folder, "--target", "to_q");

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains("is of Stable Diffusion XL").contains("Supported:");
  }
}
