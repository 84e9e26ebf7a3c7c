package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.error.PeftException;

/** Learning rate, batch and steps by task, size of the model and number of examples. */
class RecipeTest {
  @ParameterizedTest
  @CsvSource({
    // task, parameters, examples, rate, batch, steps
    "GENERATION,            260032,    490, 1e-2, 16,   300", // 3 passes are 93 steps
    "GENERATION,         124439808, 100000, 2e-4, 16, 18750", // 3 passes of 6250
    "GENERATION,       65000000000, 100000, 1e-4, 16, 18750",
    "GENERATION,            260032,     27, 1e-2,  4,    70", // 10 passes of 7
    "GENERATION,            260032,      3, 1e-2,  3,    10",
    "GENERATION,            260032,    300, 1e-2,  8,   300", // with 16, 10 passes are 190 steps
    "TEXT_CLASSIFICATION, 22713216,   8530, 2e-3, 16,  1602", // 3 passes of 534
    "TEXT_CLASSIFICATION,124000000,   8530, 5e-4, 16,  1602",
    "TEXT_CLASSIFICATION,355000000,   8530, 3e-4, 16,  1602",
    "SUMMARISATION,         500000,    480, 5e-3, 16,   300",
    "TRANSLATION,       1200000000,  40000, 1e-3, 16, 12500",
    "EMBEDDING,           22713216,   4000, 1e-3, 32,   300",
    "EMBEDDING,           22713216,     20, 1e-3, 20,    10",
    "PREFERENCE,        7000000000,  61000, 5e-6, 16,  3813",
    "PREFERENCE,            260032,    500, 1e-3,  4,   300" // 3 passes with 4 are 375
  })
  void numbersFollowFromTaskSizeAndExamples(
      Task task, long parameters, long examples, double rate, int batch, long steps) {
    Recipe recipe = PeftConfigs.recipe(task, parameters, examples);

    assertThat(recipe.learningRate()).isEqualTo(rate);
    assertThat(recipe.batchSize()).isEqualTo(batch);
    assertThat(recipe.steps()).isEqualTo(steps);
    assertThat(recipe.config().ranks())
        .isEqualTo(PeftConfigs.recommended(task, parameters).ranks());
    assertThat(recipe.toString()).contains(task.name(), "batch " + batch, steps + " steps");
  }

  @Test
  void stepsOfAnotherSizeMakeAsManyPasses() {
    Recipe recipe = PeftConfigs.recipe(Task.GENERATION, 1_000_000_000, 100_000);

    assertThat(recipe.steps(64)).isEqualTo(3 * 1563);
    assertThat(recipe.passes(64)).isBetween(3.0, 3.001);
  }

  @ParameterizedTest
  @EnumSource
  void ratesAreThoseOfTheDocumentation(Task task) throws Exception {
    List<String> page = Files.readAllLines(Path.of("../docs/recommended.md"));

    for (Rates.Rate rate : Rates.table(task)) {
      String number = String.format(Locale.ROOT, "%.0e", rate.rate()).replace("e-0", "e-");
      assertThat(page)
          .as("%s %s", task, number)
          .anyMatch(
              line ->
                  line.contains("`" + task + "`")
                      && line.contains("| " + number + " |")
                      && line.contains(rate.from()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void largerModelsNeverLearnFaster(Task task) {
    List<Double> rates = Rates.table(task).stream().map(Rates.Rate::rate).toList();

    assertThat(rates).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    assertThat(Rates.of(task, Long.MAX_VALUE).rate()).isEqualTo(rates.get(rates.size() - 1));
  }

  @Test
  void noExamplesAreRefused() {
    assertThatThrownBy(() -> PeftConfigs.recipe(Task.EMBEDDING, 7, 0))
        .isInstanceOf(PeftException.class)
        .hasMessage("There are 0 examples; allowed: 1 and above.");
  }
}
