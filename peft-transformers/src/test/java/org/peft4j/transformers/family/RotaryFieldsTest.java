package org.peft4j.transformers.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.Rotary;

/** Rotary settings give the frequencies that Hugging Face transformers computes from them. */
class RotaryFieldsTest {
  private static final String YARN =
      "{\"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 32}";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  static Stream<String> cases() {
    return golden().properties().stream().map(Map.Entry::getKey);
  }

  private static JsonNode golden() {
    return ConfigFile.json(Golden.folder("rotary.json"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void frequenciesAndAttentionFactorAreTheReferences(String name) {
    JsonNode expected = golden().path(name);
    AttentionPart attention = attention(ConfigFile.of(expected.path("config"), folder).read());
    Rotary rotary = ((AttentionPart.RotaryPositions) attention.positions()).rotary();

    float[] frequencies = rotary.frequencies(attention.headSize(), expected.path("length").asInt());

    JsonNode wanted = expected.path("inverse_frequencies");
    assertThat(frequencies).hasSize(wanted.size());
    for (int i = 0; i < frequencies.length; i++) { // A unit or two in the last place.
      assertThat((double) frequencies[i])
          .as("frequency %d", i)
          .isCloseTo(wanted.get(i).asDouble(), Percentage.withPercentage(2.5e-5));
    }
    assertThat(rotary.attentionFactor())
        .isCloseTo(expected.path("attention_factor").asDouble(), within(1e-12));
  }

  private static AttentionPart attention(ModelArchitecture model) {
    return model.body().blocks().get(0).attentions().get(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'rope_type': 'proportional'} | rope_type is \"proportional\"; allowed: default, linear, dynamic, llama3, yarn, longrope",
        "{'type': 'su'} | type is \"su\"; allowed: default, linear",
        "{'rope_type': 'linear'} | factor is missing; allowed: a positive number",
        "{'rope_type': 'linear', 'factor': 2, 'attention_factor': 1.5} | attention_factor is 1.5; allowed: only 1",
        "{'rope_type': 'default', 'partial_rotary_factor': 0.5} | partial_rotary_factor is 0.5; allowed: only 1",
        "{'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 4, 'high_freq_factor': 4} | high_freq_factor is 4; allowed: more than low_freq_factor 4.0",
        "{'rope_type': 'yarn'} | factor is missing; allowed: a positive number",
        "{'rope_type': 'yarn', 'factor': 0} | factor is 0; allowed: a positive number",
        "{'rope_type': 'yarn', 'factor': 4, 'beta_fast': 0.5} | beta_fast is 0.5; allowed: at least beta_slow 1.0",
        "{'rope_type': 'yarn', 'factor': 4, 'truncate': 1} | truncate is 1; allowed: true or false",
        "{'rope_type': 'yarn', 'factor': 4, 'finetuned': true} | finetuned is true, an unknown setting",
        "{'rope_type': 'longrope', 'short_factor': [1, 1, 1, 1]} | long_factor is missing; allowed: a list of 4 positive numbers",
        "{'rope_type': 'longrope', 'short_factor': [1, 1, 1], 'long_factor': [1, 1, 0, 1]} | short_factor is [1,1,1]; allowed: a list of 4 positive numbers. long_factor is [1,1,0,1]; allowed",
        "{'rope_type': 'longrope', 'original_max_position_embeddings': 1, 'short_factor': [1, 1, 1, 1], 'long_factor': [1, 1, 1, 1]} | original_max_position_embeddings is 1; allowed: at least 2",
      })
  void settingsThatGiveNoFrequenciesAreRefused(String settings, String message) {
    ConfigFile file =
        ConfigFile.of("llama", folder).with("rope_parameters", settings.replace('\'', '"'));

    assertThatThrownBy(file::read).isInstanceOf(PeftException.class).hasMessageContaining(message);
  }

  @Test
  void settingsInBothLayoutsAreRefusedWithBothNames() {
    ConfigFile file = ConfigFile.of("llama", folder).with("rope_scaling", YARN);

    assertThatThrownBy(file::read)
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("rope_scaling is {\"rope_type\":\"yarn\"")
        .hasMessageContaining("null beside rope_parameters; keep one of them");
    assertThat(file.with("rope_parameters", "null").read().longestText()).isEqualTo(128);
  }

  /** Published files ask to add YaRN and to leave max_position_embeddings as it is. */
  @ParameterizedTest
  @CsvSource({"32, 128", "64, 128", "200, 200"})
  void yarnReachesAsFarAsItStretchesTheOriginalLength(int maxPositions, int reach) {
    ModelArchitecture model =
        ConfigFile.of("llama", folder)
            .with("max_position_embeddings", Integer.toString(maxPositions))
            .with("rope_parameters", YARN)
            .read();

    assertThat(model.longestText()).isEqualTo(reach);
  }
}
