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
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;

class PeftConfigsTest {
  private static final long TEN_BILLION = 10_000_000_000L;

  @ParameterizedTest
  @CsvSource({
    "TEXT_CLASSIFICATION,  8, 16, 0.1",
    "GENERATION,          16, 32, 0.05",
    "TRANSLATION,          8, 32, 0.1",
    "SUMMARISATION,       16, 32, 0.1",
    "EMBEDDING,            8, 16, 0",
    "PREFERENCE,          16, 32, 0"
  })
  void everyTaskHasItsNumbers(Task task, int rank, double alpha, double dropout) {
    LoraConfig config = PeftConfigs.recommended(task, 124_439_808);

    assertThat(config.ranks().rank()).isEqualTo(rank);
    assertThat(config.ranks().alpha()).isEqualTo(alpha);
    assertThat(config.dropout()).isEqualTo(dropout);
    assertThat(config.common().targetModules()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aboveTenBillionParametersRankAndAlphaDouble(Task task) {
    LoraConfig small = PeftConfigs.recommended(task, TEN_BILLION);
    LoraConfig large = PeftConfigs.recommended(task, TEN_BILLION + 1);

    assertThat(small.ranks().rank()).isEqualTo(task.rank());
    assertThat(large.ranks().rank()).isEqualTo(2 * small.ranks().rank());
    assertThat(large.ranks().alpha()).isEqualTo(2 * small.ranks().alpha());
    assertThat(large.dropout()).isEqualTo(small.dropout());
  }

  @ParameterizedTest
  @EnumSource
  void theNumbersAreThoseOfTheDocumentation(Task task) throws Exception {
    List<String> page = Files.readAllLines(Path.of("../docs/methods.md"));

    assertThat(page)
        .anyMatch(
            line ->
                line.startsWith(
                    String.format(
                        Locale.ROOT,
                        "| `%s` | %d | %.0f | %s |",
                        task,
                        task.rank(),
                        task.alpha(),
                        task.dropout())));
  }

  @Test
  void aBuilderTakesTargets() {
    LayerCase dense = LayerCases.named("dense");
    LoraConfig config = PeftConfigs.builder(Task.GENERATION, 100).targetModules("out").build();

    try (PeftModel<?> model = Peft.wrap(dense.base(), config)) {
      assertThat(model.trainableParameters().trainable()).isEqualTo(16 * (8 + 3));
    }
  }

  @Test
  void aModelWithoutParametersIsRefused() {
    assertThatThrownBy(() -> PeftConfigs.recommended(Task.TRANSLATION, 0))
        .isInstanceOf(PeftException.class)
        .hasMessage("The model has 0 parameters; allowed: 1 and above.");
  }
}
