package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An option that is given twice takes no effect from another. */
class RepeatsTest {
  private final Path folder;

  RepeatsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Run train(String options) {
    List<Object> arguments = new ArrayList<>();
    arguments.addAll(List.of("train", "-m", Run.LLAMA, "-d", Run.INPUTS, "-o", folder));
    arguments.addAll(List.of(options.split(" ")));
    return Run.of(arguments.toArray());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--alpha 3 --rank 4 --rank 6 | --rank is given 2 times (4, 6); give it once",
        "--alpha 3 -r 4 -r 4 -r 5 | --rank is given 3 times (4, 4, 5); give it once",
        "--steps 1 --decay-all --decay-all | --decay-all is given 2 times (true, true); give it"
            + " once",
        "--threads 1 --threads 2 | option '--threads' (N) should be specified only once"
      })
  void aSecondValueIsRefused(String options, String message) {
    Run run = train(options);

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains(message);
  }

  @Test
  void optionsOfSeveralValuesLeaveOthersAlone() throws Exception {
    Run run =
        train("--alpha 3 --set use_rslora=true --rank 4 --set lora_bias=true --steps 1 -t q_proj");

    assertThat(run.status()).as(run.err()).isZero();
    JsonNode config = new ObjectMapper().readTree(folder.resolve("adapter_config.json").toFile());
    assertThat(config.get("lora_alpha").asInt()).isEqualTo(3);
    assertThat(config.get("r").asInt()).isEqualTo(4);
    assertThat(config.get("use_rslora").asBoolean()).isTrue();
    assertThat(config.get("lora_bias").asBoolean()).isTrue();
  }
}
