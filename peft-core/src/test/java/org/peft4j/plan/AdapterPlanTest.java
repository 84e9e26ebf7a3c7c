package org.peft4j.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.site.Site;

/** The numbers of a plan: elements, shares, and bytes. */
class AdapterPlanTest {
  private static final Site ONE = Site.linear("one", "one", 3, 2, List.of());
  private static final Site TWO = Site.linear("two", "two", 3, 2, List.of());
  private static final PlannedTensor A = new PlannedTensor("a", List.of(2L, 3L));
  private static final PlannedTensor B = new PlannedTensor("b", List.of(4L));

  @Test
  void elementsAddUp() {
    assertThat(A.count()).isEqualTo(6);
    assertThat(new PlannedAdapter(ONE, false, List.of(A, B)).count()).isEqualTo(10);
    assertThat(new PlannedAdapter(ONE, false, List.of()).count()).isZero();
  }

  @Test
  void aSiteWithSeveralAdaptersIsNamedOnce() {
    AdapterPlan plan =
        new AdapterPlan(
            List.of(
                new PlannedAdapter(TWO, false, List.of(A)),
                new PlannedAdapter(ONE, false, List.of(A)),
                new PlannedAdapter(TWO, true, List.of(B))),
            new TrainableParameters(16, 100),
            500,
            TrainingMemory.of(400, 16, 4));

    assertThat(plan.sites()).containsExactly(TWO, ONE);
  }

  @Test
  void activationsAreThePartThatDependsOnTheBatch() {
    AdapterPlan plan =
        new AdapterPlan(
            List.of(), new TrainableParameters(16, 100), 500, TrainingMemory.of(400, 16, 4));

    AdapterPlan with = plan.withActivations(1_000);

    assertThat(with.memory().activations()).isEqualTo(1_000);
    assertThat(with.withActivations(0)).isEqualTo(plan);
  }

  @Test
  void adamKeepsTwoNumbersAndAGradientForEachParameter() {
    TrainingMemory memory = TrainingMemory.of(1_000, 10, 4);

    assertThat(memory).isEqualTo(new TrainingMemory(1_000, 40, 40, 80, 0));
    assertThat(memory.total()).isEqualTo(1_160);
    assertThat(memory.withActivations(7).total()).isEqualTo(1_167);
    assertThat(memory.withWeights(0).total()).isEqualTo(160);
  }

  @Test
  void theShareIsPrintedAsHuggingFacePeftPrintsIt() {
    Locale before = Locale.getDefault();
    try {
      // Its own format has commas and points in every country.
      Locale.setDefault(Locale.GERMANY);
      assertThat(new TrainableParameters(4_194_304, 6_742_609_920L))
          .hasToString(
              "trainable params: 4,194,304 || all params: 6,742,609,920 || trainable%: 0.0622");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aModelWithoutParametersTrainsNoShareOfThem() {
    assertThat(new TrainableParameters(0, 0).percent()).isZero();
    assertThat(new TrainableParameters(1, 4).percent()).isEqualTo(25);
  }

  @Test
  void anOutlineDoesNotChangeWithWhatItWasMadeOf() {
    Set<String> tied = new HashSet<>(Set.of("one"));
    ModelOutline outline =
        new ModelOutline(List.of(ONE), tied, Optional.empty(), 6, 24, DataType.FLOAT);

    tied.clear();

    assertThat(outline.tied()).containsExactly("one");
  }
}
