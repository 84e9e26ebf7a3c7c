package org.peft4j.transformers.internal.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.quantization.Quantization;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.checkpoint.RandomCheckpoint;

/** What of a checkpoint's mapped file is in this process's memory, as Linux tells it. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "reads /proc/self/smaps")
class ResidentPagesTest {
  private final Path model;

  ResidentPagesTest(@TempDir Path folder) throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("config.json"),
            """
            {"model_type": "llama", "vocab_size": 300, "hidden_size": 512,
             "intermediate_size": 1024, "num_hidden_layers": 3, "num_attention_heads": 8,
             "max_position_embeddings": 64}
            """);
    model = folder.resolve("model");
    RandomCheckpoint.init(config, model, 1);
  }

  /** The resident bytes of mappings of the model's file, after a forward pass. */
  private long resident(Optional<Quantization> quantization) throws IOException {
    TransformerOptions plain = TransformerOptions.defaults();
    try (CausalLanguageModel loaded =
            Transformers.load(model, quantization.map(plain::withQuantization).orElse(plain));
        INDArray ids = Nd4j.createFromArray(new int[][] {{1, 2, 3}})) {
      loaded.graph().output(ids);
      long kilobytes = 0;
      boolean own = false;
      for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
        if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
          own = line.endsWith(file().toString());
        } else if (own && line.startsWith("Rss:")) {
          kilobytes += Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
      return 1024 * kilobytes;
    }
  }

  private Path file() throws IOException {
    return model.resolve("model.safetensors").toRealPath();
  }

  @Test
  void whatIsQuantisedWhileItIsReadLeavesNoPages() throws IOException {
    long all = Files.size(file());

    assertThat(resident(Optional.of(Quantization.nf4()))).isLessThan(all / 10);
    assertThat(resident(Optional.empty())).isGreaterThan(all / 2);
  }
}
