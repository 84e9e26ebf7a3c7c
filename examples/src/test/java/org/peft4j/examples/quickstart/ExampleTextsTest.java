package org.peft4j.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExampleTextsTest {

  @Test
  void sameSeedWritesSameTexts() {
    assertThat(PirateStories.texts(7, 50)).isEqualTo(PirateStories.texts(7, 50));
    assertThat(WeatherReports.texts(7, 50)).isEqualTo(WeatherReports.texts(7, 50));
  }

  @Test
  void otherSeedWritesOtherTexts() {
    assertThat(PirateStories.texts(7, 50)).isNotEqualTo(PirateStories.texts(8, 50));
    assertThat(WeatherReports.texts(7, 50)).isNotEqualTo(WeatherReports.texts(8, 50));
  }

  @Test
  void completionsBeginWithOneSpaceAndLeaveNoSlotOpen() {
    assertThat(PirateStories.examples(1, 200))
        .allSatisfy(
            example -> {
              assertThat(example.prompt()).endsWith(".").doesNotContain("{");
              assertThat(example.completion()).matches(" \\S[^{}]*[.!]");
            });
  }

  @Test
  void weatherSummaryHoldsTownAndTemperatureOfItsReport() {
    assertThat(WeatherReports.examples(1, 200))
        .allSatisfy(
            example -> {
              String[] fields = example.completion().split("[{\",:} ]+");
              String town = fields[2];
              String degrees = fields[fields.length - 1];
              assertThat(example.prompt())
                  .startsWith("Weather report for " + town + ":")
                  .contains(" " + degrees + " degrees.");
            });
  }

  @Test
  void unknownSlotIsNamed() {
    Grammar grammar = new Grammar(Map.of("sky", List.of("blue")));

    assertThatThrownBy(() -> grammar.write("a {see}", Map.of(), new Random(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Slot {see} is neither bound nor a rule. Rules: [sky]");
  }
}
