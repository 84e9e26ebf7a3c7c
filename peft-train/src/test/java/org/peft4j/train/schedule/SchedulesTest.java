package org.peft4j.train.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;

/** Schedules by name, with the factors of transformers 5.18. */
class SchedulesTest {
  static List<JsonNode> cases() throws IOException {
    List<JsonNode> cases = new ArrayList<>();
    try (InputStream file = SchedulesTest.class.getResourceAsStream("/schedules.json")) {
      JsonMapper.builder().build().readTree(file).forEach(cases::add);
    }
    assertThat(cases).hasSize(26);
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void factorsAreThoseOfTransformers(JsonNode json) {
    Schedule schedule = Schedules.parse(json.path("schedule").asText());
    long warmup = json.path("warmup").asLong();
    long total = json.path("total").asLong();
    JsonNode factors = json.path("factors");
    assertThat(factors.size()).isEqualTo((int) total + 4);
    for (int step = 0; step < factors.size(); step++) {
      assertThat(schedule.factor(step, warmup, total))
          .as("step %d", step)
          .isCloseTo(factors.path(step).asDouble(), within(1e-12));
    }
  }

  /** A checkpoint holds the name. */
  @ParameterizedTest
  @MethodSource("cases")
  void theNameOfAScheduleIsThatSchedule(JsonNode json) {
    Schedule schedule = Schedules.parse(json.path("schedule").asText());

    assertThat(Schedules.parse(schedule.name())).isEqualTo(schedule);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cosin | The schedule is \"cosin\"; allowed: constant, linear, cosine, cosine-with-restarts",
        "cosin | Nearest: \"cosine\"",
        "cosine:cycles=2 | The schedule cosine has no number \"cycles\"; it has none.",
        "polynomial:cycles=2 | has no number \"cycles\"; it has power, floor.",
        "polynomial:power | needed: its name, and after a colon numbers",
        "polynomial:power=2,power=3 | each once",
        "polynomial: | needed: its name, and after a colon numbers",
        "polynomial:power=two | The schedule's power is \"two\"; needed: a number.",
        "polynomial:power=0 | The schedule's power is 0; allowed: above 0, finite.",
        "polynomial:power=NaN | The schedule's power is NaN; allowed",
        "polynomial:floor=1.5 | The schedule's floor is 1.5; allowed: 0 to 1.",
        "cosine-to-floor:floor=-0.1 | The schedule's floor is -0.1; allowed",
        "cosine-with-restarts:cycles=0 | The schedule's cycles is 0; allowed: 1 and above.",
        "cosine-with-restarts:cycles=1.5 | The schedule's cycles is 1.5; allowed: a whole number.",
        "inverse-square-root:timescale=-1 | The schedule's timescale is -1; allowed: 0 and above.",
        "warmup-stable-decay | The schedule's decay is -1; allowed: 1 and above.",
        "warmup-stable-decay:decay=3,shape=round | is \"round\"; allowed: linear, cosine, square-root",
      })
  void whatIsWrongIsNamed(String text, String message) {
    assertThatThrownBy(() -> Schedules.parse(text))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }
}
