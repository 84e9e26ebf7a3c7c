package org.peft4j.lora.adalora;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cubic fall from 96 ranks to 32 between steps 10 and 90 of 100. */
class RankScheduleTest {
  private static final RankSchedule SCHEDULE = new RankSchedule(10, 10, 20, 100);

  /** 32 + 64·(1 − (t − 10)/80)³, rounded down. */
  @ParameterizedTest
  @CsvSource({
    "0, 96", "10, 96", "11, 93", "30, 59", "50, 40", "70, 33", "89, 32", "90, 32", "91, 32",
    "500, 32"
  })
  void theBudgetFallsWithTheThirdPowerOfTheStepsThatAreLeft(long step, long budget) {
    assertThat(SCHEDULE.budget(step, 96, 32)).isEqualTo(budget);
  }

  @Test
  void ranksAreAllocatedEveryFewStepsAndOnceAtTheEnd() {
    assertThat(LongStream.range(0, 101).filter(SCHEDULE::allocates))
        .containsExactly(20L, 40L, 60L, 80L, 90L);
    assertThat(SCHEDULE.last()).isEqualTo(90);
  }

  @Test
  void aBudgetThatIsReachedFromTheStartStays() {
    assertThat(LongStream.range(0, 101).map(step -> SCHEDULE.budget(step, 32, 32)))
        .containsOnly(32L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 | 1 | 0 | total_step is 0; allowed: 1 and up, the steps of the training.",
        "-1 | 0 | 1 | 9 | tinit is -1; allowed: 0 and up.",
        "0 | -1 | 1 | 9 | tfinal is -1; allowed: 0 and up.",
        "0 | 0 | 0 | 9 | deltaT is 0; allowed: 1 and up.",
        "4 | 5 | 1 | 9 | tinit 4 and tfinal 5 leave no step of total_step 9 for removing ranks."
            + " Lower them, or raise total_step."
      })
  void impossibleStepsAreNamed(int tinit, int tfinal, int deltaT, int total, String problem) {
    List<String> problems = new ArrayList<>();

    new RankSchedule(tinit, tfinal, deltaT, total).check(problems);

    assertThat(problems).containsExactly(problem);
  }
}
