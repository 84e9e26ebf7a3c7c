package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --set init_lora_weights=…} never trains from another start in silence. */
class AdapterStartTest {
  @ParameterizedTest
  @CsvSource({
    "lora_ga, 'must be converted to plain LoRA'",
    "corda, 'must be converted to plain LoRA'",
  })
  void aStartThatNeedsMoreIsRefused(String start, String message, @TempDir Path folder) {
    Run run =
        Run.of(
            "train",
            "-m",
            Run.LLAMA,
            "-d",
            Run.INPUTS,
            "-o",
            folder.resolve("adapter"),
            "--set",
            "init_lora_weights=" + start);

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("init_lora_weights is", start, message).hasLineCount(1);
  }
}
