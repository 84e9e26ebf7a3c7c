package org.peft4j.lora.internal.adalora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.internal.StubAdapter;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;

/**
 * Four ranks of two targets, of which two are left in the end. Steps 0 to 9; ranks are allocated
 * after steps 2, 4, 6 and 8.
 */
class RankAllocatorTest {
  private static final Site UP = Site.linear("up", "up", 3, 2, List.of());
  private static final Site DOWN = Site.linear("down", "down", 2, 3, List.of());
  private static final AdaLoraConfig CONFIG =
      AdaLoraConfig.builder().initR(2).targetR(1).deltaT(2).tfinal(2).totalStep(10).build();

  private final StubAdapter adapter = stub(CONFIG);
  private final RankAllocator allocator = new RankAllocator(adapter);

  private static StubAdapter stub(AdaLoraConfig config) {
    Injection injection = Frozen.nothing().injection(UP, DOWN);
    List<Adapter> parts =
        Stream.of(UP, DOWN)
            .map(site -> new AdaLoraMethod().inject(site, config, injection).orElseThrow())
            .toList();
    return new StubAdapter(config, parts);
  }

  @AfterEach
  void close() {
    allocator.close();
  }

  private INDArray tensor(String key) {
    return Objects.requireNonNull(adapter.tensors().get("base_model.model." + key));
  }

  /** E and its gradients are such that the importances |E·g| of the ranks are these. */
  private void importances(double up0, double up1, double down0, double down1) {
    adapter.tensors().values().forEach(tensor -> tensor.assign(1));
    adapter.gradients().values().forEach(gradient -> gradient.assign(0));
    set("up", up0, up1);
    set("down", down0, down1);
  }

  private void set(String site, double first, double second) {
    INDArray gradient =
        Objects.requireNonNull(adapter.gradients().get("base_model.model." + site + ".lora_E"));
    gradient.putScalar(0, first);
    gradient.putScalar(1, second);
  }

  private List<Double> values() {
    return Stream.of("up.lora_E", "down.lora_E")
        .flatMap(key -> Stream.of(tensor(key).getDouble(0), tensor(key).getDouble(1)))
        .toList();
  }

  /** Budgets of 4 ranks and 2: ⌊2 + 2·(1 − t/8)³⌋ is 2 from step 2 on. */
  @Test
  void theLowestScoresLoseTheirValue() {
    importances(4, 1, 3, 2);

    allocator.afterUpdate(0);
    allocator.afterUpdate(1);
    assertThat(values()).containsExactly(1.0, 1.0, 1.0, 1.0);

    allocator.afterUpdate(2);
    assertThat(values()).containsExactly(1.0, 0.0, 1.0, 0.0);
  }

  @Test
  void theConfigHasWhatIsKept() {
    importances(4, 3, 1, 2);

    allocator.afterUpdate(2);

    Map<String, List<Boolean>> kept = new LinkedHashMap<>();
    kept.put("up.lora_E", List.of(true, true));
    kept.put("down.lora_E", List.of(false, false));
    assertThat(((AdaLoraConfig) adapter.config()).rankPattern()).isEqualTo(kept);
    assertThat(allocator.pattern()).isEqualTo(kept);
  }

  /** One update with β = 0.85: Ī = 0.15·I, U = 0.15·0.85·I, and the score is their product. */
  @Test
  void theScoreOfARankIsThatOfItsValueAndTheMeansOfItsVectors() {
    importances(1, 0, 0, 0);
    INDArray ofA = Objects.requireNonNull(adapter.gradients().get("base_model.model.down.lora_A"));
    ofA.putScalar(1, 0, 2);

    allocator.afterUpdate(0);

    double unit = 0.15 * 0.15 * 0.85;
    // Row 1 of A has the importances 2 and 0; scores grow with the square.
    assertThat(allocator.scores())
        .containsExactly(new double[] {unit, 0, 0, 4 * unit / 2}, within(1e-8));
  }

  @Test
  void aRankThatWasTakenAwayMayComeBackUntilTheLastAllocation() {
    importances(4, 1, 3, 2);
    allocator.afterUpdate(2);
    tensor("up.lora_E").putScalar(1, 1);
    for (int i = 0; i < 40; i++) {
      importances(0, 9, 0, 8);
      allocator.afterUpdate(3);
    }

    allocator.afterUpdate(4);

    assertThat(values()).containsExactly(0.0, 1.0, 0.0, 1.0);
  }

  @Test
  void afterTheLastAllocationWhatIsGoneStaysAtZero() {
    importances(4, 1, 3, 2);
    allocator.afterUpdate(7);
    allocator.afterUpdate(8);
    importances(0, 9, 0, 9);

    allocator.afterUpdate(9);

    assertThat(values()).containsExactly(1.0, 0.0, 1.0, 0.0);
    assertThat(allocator.pattern().get("up.lora_E")).containsExactly(true, false);
  }

  /** What a checkpoint holds is all that an allocation depends on. */
  @Test
  void aTrainingThatGoesOnAllocatesAsItWould() {
    importances(4, 1, 3, 2);
    allocator.afterUpdate(2);
    StubAdapter other = stub(CONFIG);
    try (RankAllocator resumed = new RankAllocator(other)) {
      resumed.state().forEach((name, array) -> array.assign(allocator.state().get(name)));

      resumed.restored();

      assertThat(resumed.pattern()).isEqualTo(allocator.pattern());
      assertThat(resumed.scores()).isEqualTo(allocator.scores());
      assertThat(other.config()).isEqualTo(adapter.config());
    }
  }

  @Test
  void onlyAdaLoraHasRanksToAllocate() {
    StubAdapter lora = new StubAdapter(LoraConfig.builder().build(), List.of());
    AdaLoraConfig settled =
        CONFIG.toBuilder().rankPattern(Map.of("up.lora_E", List.of(true, false))).build();

    assertThatThrownBy(() -> new RankAllocator(lora))
        .isInstanceOf(PeftException.class)
        .hasMessage("Adapter \"stub\" has the method LORA; only ADALORA has ranks to allocate.");
    assertThatThrownBy(() -> new RankAllocator(stub(settled)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"stub\" was loaded with removed ranks, which cannot come back. Train it"
                + " without a RankAllocator.");
  }
}
