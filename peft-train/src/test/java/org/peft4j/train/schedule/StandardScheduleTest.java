package org.peft4j.train.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Factors of transformers 5.18: get_constant_schedule_with_warmup, get_linear_schedule_with_warmup
 * and get_cosine_schedule_with_warmup.
 */
class StandardScheduleTest {
  @ParameterizedTest
  @CsvSource({
    "CONSTANT, 0, 0, 1.0",
    "CONSTANT, 0, 9, 1.0",
    "CONSTANT, 4, 0, 0.0",
    "CONSTANT, 4, 3, 0.75",
    "CONSTANT, 4, 4, 1.0",
    "LINEAR, 0, 0, 1.0",
    "LINEAR, 0, 9, 0.1",
    "LINEAR, 0, 10, 0.0",
    "LINEAR, 0, 12, 0.0",
    "LINEAR, 4, 1, 0.25",
    "LINEAR, 4, 4, 1.0",
    "LINEAR, 4, 7, 0.5",
    "LINEAR, 10, 9, 0.9",
    "LINEAR, 10, 10, 0.0",
    "COSINE, 0, 0, 1.0",
    "COSINE, 0, 5, 0.5",
    "COSINE, 0, 1, 0.9755282581475768",
    "COSINE, 4, 2, 0.5",
    "COSINE, 4, 7, 0.5",
    "COSINE, 4, 9, 0.06698729810778065",
    "COSINE, 0, 10, 0.0",
  })
  void ofTenStepsIsThatOfTransformers(
      StandardSchedule schedule, long warmup, long step, double expected) {
    assertThat(schedule.factor(step, warmup, 10)).isCloseTo(expected, within(1e-15));
  }
}
