package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRA+ through the command line. */
class LoraPlusTest {
  private static final double RATE = 1e-3;

  private final Path folder;

  LoraPlusTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void aHigherRatioMovesBFasterAndAAsFast() {
    Map<String, float[]> before = Run.tensors(Run.ADAPTER);
    Map<String, float[]> after = trained("--lora-plus-ratio", 4);
    before.forEach(
        (key, values) -> {
          double step = largestStep(values, Objects.requireNonNull(after.get(key)));
          assertThat(step)
              .as(key)
              .isEqualTo(key.contains("lora_B") ? 4 * RATE : RATE, offset(1e-5));
        });
  }

  @Test
  void anAdapterWithoutBIsRefused() {
    Run other = run("--method", "ia3", "--lora-plus-ratio", 4);
    assertThat(other.status()).isNotZero();
    assertThat(other.err())
        .contains("is for ADALORA, DELTA_LORA, LORA; the adapter's method is IA3");
  }

  private Map<String, float[]> trained(Object... options) {
    Run run = train(options);
    assertThat(run.status()).as(run.err()).isZero();
    return Run.tensors(folder.resolve("out"));
  }

  /** One step of Adam, which moves every element by its learning rate. */
  private Run train(Object... options) {
    List<Object> all = new ArrayList<>(List.of("--adapter", Run.ADAPTER));
    all.addAll(List.of(options));
    return run(all.toArray());
  }

  private Run run(Object... options) {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "train",
                "-m",
                Run.LLAMA,
                "-d",
                Run.INPUTS,
                "--steps",
                1,
                "--learning-rate",
                RATE,
                "--schedule",
                "constant",
                "--batch-size",
                2,
                "--output",
                folder.resolve("out")));
    all.addAll(List.of(options));
    return Run.of(all.toArray());
  }

  private static double largestStep(float[] from, float[] to) {
    double largest = 0;
    for (int i = 0; i < from.length; i++) {
      largest = Math.max(largest, Math.abs((double) to[i] - from[i]));
    }
    return largest;
  }
}
