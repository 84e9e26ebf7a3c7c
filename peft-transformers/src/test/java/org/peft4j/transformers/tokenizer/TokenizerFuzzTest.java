package org.peft4j.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged tokenizers are refused with a {@link org.peft4j.error.PeftException} or work, whatever
 * text they are given; none ends the process, which is one of its own here. {@code
 * -Dpeft4j.fuzz.inputs=1000000} tries more of them.
 */
class TokenizerFuzzTest {
  private static final int INPUTS = Integer.getInteger("peft4j.fuzz.inputs", 20_000);
  private static final Pattern REPORT =
      Pattern.compile("inputs, (\\d+) files taken, (\\d+) refused");

  @Test
  void noDamagedTokenizerEndsTheProcess(@TempDir Path folder)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx1g",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                    "-cp",
                    System.getProperty("java.class.path"),
                    TokenizerFuzz.class.getName(),
                    folder.toString(),
                    String.valueOf(INPUTS),
                    "20240229"))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(output).isZero();
    Matcher report = REPORT.matcher(output);
    assertThat(report.find()).as(output).isTrue();
    assertThat(Integer.parseInt(report.group(1))).as("files taken").isGreaterThan(INPUTS / 300);
    assertThat(Integer.parseInt(report.group(2))).as("files refused").isGreaterThan(INPUTS / 300);
  }
}
