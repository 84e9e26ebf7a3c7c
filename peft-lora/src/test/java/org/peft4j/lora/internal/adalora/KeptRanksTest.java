package org.peft4j.lora.internal.adalora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.lora.internal.Changes.inference;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.internal.Changes;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** What a file holds of a target with three ranks. */
class KeptRanksTest {
  private static final String PREFIX = "base_model.model.up.";

  private static Map<String, INDArray> tensors() {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put(PREFIX + "lora_A", Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}, {5, 6}}));
    tensors.put(PREFIX + "lora_B", Nd4j.createFromArray(new double[][] {{7, 8, 9}}));
    tensors.put(PREFIX + "lora_E", Nd4j.createFromArray(new double[][] {{1}, {0}, {-1}}));
    return tensors;
  }

  private static Map<String, INDArray> kept(Boolean... ranks) {
    return KeptRanks.of(Map.of("up.lora_E", List.of(ranks)), tensors());
  }

  private static INDArray tensor(Map<String, INDArray> tensors, String name) {
    return Objects.requireNonNull(tensors.get(PREFIX + name));
  }

  @Test
  void rowsOfAAndEAndColumnsOfBGoTogether() {
    Map<String, INDArray> kept = kept(true, false, true);

    assertThat(tensor(kept, "lora_A"))
        .isEqualTo(Nd4j.createFromArray(new double[][] {{1, 2}, {5, 6}}));
    assertThat(tensor(kept, "lora_B")).isEqualTo(Nd4j.createFromArray(new double[][] {{7, 9}}));
    assertThat(tensor(kept, "lora_E")).isEqualTo(Nd4j.createFromArray(new double[][] {{1}, {-1}}));
  }

  @Test
  void aTargetWithoutRanksHasTensorsWithoutElements() {
    Map<String, INDArray> kept = kept(false, false, false);

    assertThat(tensor(kept, "lora_A").shape()).containsExactly(0, 2);
    assertThat(tensor(kept, "lora_B").shape()).containsExactly(1, 0);
    assertThat(tensor(kept, "lora_E").shape()).containsExactly(0, 1);
  }

  /** An adapter that was loaded with its ranks taken away has them no more. */
  @Test
  void whatHasAllItsRanksOrFewerStaysAsItIs() {
    assertThat(kept(true, true, true)).isEqualTo(tensors());
    assertThat(kept(true, false, true, true)).isEqualTo(tensors());
    assertThat(KeptRanks.of(Map.of("down.lora_E", List.of(true, false, true)), tensors()))
        .isEqualTo(tensors());
  }

  @Test
  void theConfigSaysHowManyAreLeft() {
    AdaLoraConfig config =
        AdaLoraConfig.builder()
            .initR(3)
            .totalStep(9)
            .rankPattern(
                Map.of(
                    "up.lora_E", List.of(true, false, true),
                    "down.lora_E", List.of(false, false, false)))
            .build();

    assertThat(KeptRanks.at(config, "up")).isEqualTo(2);
    assertThat(KeptRanks.at(config, "down")).isZero();
    assertThat(KeptRanks.at(config, "other")).isEqualTo(3);
  }

  @Test
  void anAdapterWithoutRanksChangesNothingAndIsInTheFile() {
    Site site = Site.convolution("up", "up", 2, 5, List.of(3L), List.of());
    NoRank none = new NoRank(site);

    assertThat(none.parameters()).isEmpty();
    assertThat(Changes.of(none, inference(), new Tensors(Map.of()), 5, 2, 3))
        .isEqualTo(Values.zeros(5, 2, 3));
    assertThat(none.constants())
        .containsOnlyKeys(PREFIX + "lora_A", PREFIX + "lora_B", PREFIX + "lora_E");
    assertThat(none.constants().get(PREFIX + "lora_A"))
        .satisfies(a -> assertThat(a.get().shape()).containsExactly(0, 6));
  }
}
