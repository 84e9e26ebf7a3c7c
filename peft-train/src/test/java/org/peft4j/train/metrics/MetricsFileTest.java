package org.peft4j.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsFileTest {
  private final Path file;

  MetricsFileTest(@TempDir Path folder) {
    file = folder.resolve("metrics.jsonl");
  }

  @Test
  void eachStepIsALine() throws IOException {
    Files.writeString(file, "an older file");
    try (MetricsFile metrics = new MetricsFile(file)) {
      metrics.onStart(0, 2);
      metrics.onStep(new StepMetrics(1, 3.5, 0.001, 0.25, 0.5, 4096));

      assertThat(withoutMemory())
          .isEqualTo(
              "{\"step\":1,\"loss\":3.5,\"learning_rate\":0.001,\"grad_norm\":0.25,"
                  + "\"step_seconds\":0.5,\"tokens_per_second\":4096.0}\n");
    }
  }

  /** The content, whose lines tell a memory that could be. */
  private String withoutMemory() throws IOException {
    String text = Files.readString(file);
    assertThat(text).containsPattern("\"memory_bytes\":[1-9]\\d{6,}[,}]");
    return text.replaceAll(",\"memory_bytes\":\\d+", "");
  }

  @Test
  void whatAnObjectiveTellsBesidesFollowsInItsOrder() throws IOException {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("rewards/margins", 0.75);
    values.put("logps/chosen", -12.5);
    try (MetricsFile metrics = new MetricsFile(file)) {
      metrics.onStart(0, 2);
      metrics.onStep(new StepMetrics(1, 3.5, 0.001, 0.25, 0.5, 4096, values));

      assertThat(withoutMemory())
          .isEqualTo(
              "{\"step\":1,\"loss\":3.5,\"learning_rate\":0.001,\"grad_norm\":0.25,"
                  + "\"step_seconds\":0.5,\"tokens_per_second\":4096.0,"
                  + "\"rewards/margins\":0.75,\"logps/chosen\":-12.5}\n");
    }
  }

  @Test
  void aResumedTrainingKeepsTheLinesBeforeIt() throws IOException {
    Files.writeString(file, "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"ste");
    try (MetricsFile metrics = new MetricsFile(file)) {
      metrics.onStart(2, 9);
    }

    assertThat(file).hasContent("{\"step\":1}\n{\"step\":2}\n");
  }
}
