package org.peft4j.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;
import org.peft4j.method.Combination.Majority;
import org.peft4j.method.Combination.Prune;
import org.peft4j.method.Combination.Type;

/** The types of a weighted sum, as Hugging Face PEFT has them, and what each needs. */
class CombinationTest {
  @Test
  void theNamesSayWhatIsPrunedElectedAndFactored() {
    for (Type type : Type.values()) {
      String name = type.name();
      assertThat(type.svd()).as(name).isEqualTo(name.endsWith("SVD"));
      assertThat(type.elects()).as(name).isEqualTo(name.contains("TIES"));
      assertThat(type.prune() == Prune.RANDOM).as(name).isEqualTo(name.contains("DARE"));
    }
    assertThat(of(Prune.NONE)).containsExactlyInAnyOrder(Type.LINEAR, Type.CAT, Type.SVD);
  }

  private static Set<Type> of(Prune prune) {
    Set<Type> types = EnumSet.allOf(Type.class);
    types.removeIf(type -> type.prune() != prune);
    return types;
  }

  @ParameterizedTest
  @EnumSource
  void whatPrunesNeedsADensity(Type type) {
    Combination without = Combination.of(type);

    if (type.prune() == Prune.NONE) {
      assertThatCode(without::requireComplete).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(without::requireComplete)
          .isInstanceOf(PeftException.class)
          .hasMessage(type + " needs a density: the share of entries to keep, above 0, up to 1.");
    }
    assertThatCode(without.density(1)::requireComplete).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, 1.0001, Double.NaN, Double.POSITIVE_INFINITY})
  void sharesAreAboveZeroAndUpToOne(double value) {
    assertThatThrownBy(Combination.of(Type.TIES).density(value)::requireComplete)
        .isInstanceOf(PeftException.class)
        .hasMessage("density is " + value + "; allowed: above 0, up to 1.");
    assertThatThrownBy(Combination.of(Type.SVD).clamp(value)::requireComplete)
        .isInstanceOf(PeftException.class)
        .hasMessage("clamp is " + value + "; allowed: above 0, up to 1.");
  }

  @Test
  void aRankIsAtLeastOne() {
    assertThatThrownBy(Combination.of(Type.SVD).rank(0)::requireComplete)
        .isInstanceOf(PeftException.class)
        .hasMessage("The rank of an SVD is 0; allowed: 1 and up.");
    assertThatCode(Combination.of(Type.SVD).rank(1)::requireComplete).doesNotThrowAnyException();
  }

  @Test
  void eachSetterSetsOneFieldOfANewSum() {
    Combination plain = Combination.of(Type.TIES_SVD);

    Combination all = plain.density(0.5).majority(Majority.FREQUENCY).rank(4).clamp(0.9).seed(7);

    assertThat(plain).isEqualTo(Combination.of(Type.TIES_SVD));
    assertThat(plain.majority()).isEqualTo(Majority.TOTAL);
    assertThat(all.type()).isEqualTo(Type.TIES_SVD);
    assertThat(all.density()).hasValue(0.5);
    assertThat(all.majority()).isEqualTo(Majority.FREQUENCY);
    assertThat(all.rank()).hasValue(4);
    assertThat(all.clamp()).hasValue(0.9);
    assertThat(all.seed()).isEqualTo(7);
  }
}
