package org.peft4j.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Places of a model, with their shapes and frozen parameters. */
class SiteTest {
  private static final SiteParameter WEIGHT = SiteParameter.weight("weight", 2, 3);
  private static final SiteParameter BIAS = SiteParameter.bias("bias", 2);

  @Test
  void eachKindHasItsShape() {
    Site linear = Site.linear("fc", "fc", 3, 2, List.of(WEIGHT, BIAS));
    Site table = Site.embedding("wte", "wte", 9, 4, List.of());
    Site convolution = Site.convolution("conv", "conv", 3, 8, List.of(5L, 6L), List.of());

    assertThat(linear.kind()).isEqualTo(SiteKind.LINEAR);
    assertThat(List.of(linear.inputs(), linear.outputs())).containsExactly(3L, 2L);
    assertThat(table.kind()).isEqualTo(SiteKind.EMBEDDING);
    assertThat(List.of(table.inputs(), table.outputs())).containsExactly(9L, 4L);
    assertThat(convolution.kind()).isEqualTo(SiteKind.CONVOLUTION);
    assertThat(convolution.kernel()).containsExactly(5L, 6L);
    assertThat(linear.kernel()).isEmpty();
  }

  @Test
  void aPlaceBetweenModulesHasNoParameters() {
    Site place = Site.place("h.0.mlp", "h.0.mlp", SiteKind.SUBLAYER, 4, 4);

    assertThat(place.parameters()).isEmpty();
    assertThat(place.count()).isZero();
  }

  @Test
  void parametersAloneHaveNoFeatures() {
    Site norm = Site.parameters("ln", "ln", SiteKind.NORM, List.of(WEIGHT, BIAS));

    assertThat(List.of(norm.inputs(), norm.outputs())).containsExactly(0L, 0L);
    assertThat(norm.count()).isEqualTo(2 * 3 + 2);
  }

  @Test
  void aRoleChangesNothingElse() {
    Site site = Site.linear("fc", "layer", 3, 2, List.of(WEIGHT, BIAS));
    Site query = site.as(SiteRole.QUERY);

    assertThat(site.role()).isEqualTo(SiteRole.OTHER);
    assertThat(query.role()).isEqualTo(SiteRole.QUERY);
    assertThat(query).isNotEqualTo(site);
    assertThat(query.as(SiteRole.OTHER)).isEqualTo(site);
  }

  @Test
  void aSiteDoesNotChangeWithTheListsThatItWasMadeOf() {
    List<SiteParameter> parameters = new ArrayList<>(List.of(WEIGHT));
    Site site = Site.linear("fc", "fc", 3, 2, parameters);

    parameters.add(BIAS);

    assertThat(site.parameters()).containsExactly(WEIGHT);
  }

  @Test
  void aParameterKnowsItsElementsAndWhetherItIsABias() {
    assertThat(WEIGHT.count()).isEqualTo(6);
    assertThat(WEIGHT.shapeArray()).containsExactly(2, 3);
    assertThat(WEIGHT.bias()).isFalse();
    assertThat(BIAS.bias()).isTrue();
    assertThat(SiteParameter.weight("scalar").count()).isEqualTo(1);
    SiteParameter huge = SiteParameter.weight("huge", Long.MAX_VALUE, 2);
    assertThatThrownBy(huge::count).isInstanceOf(ArithmeticException.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"ATTENTION", "SUBLAYER", "PROMPT"})
  void placesAreNoModules(SiteKind kind) {
    assertThat(kind.isModule()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"ATTENTION", "SUBLAYER", "PROMPT"})
  void everythingElseIsAModuleWithParameters(SiteKind kind) {
    assertThat(kind.isModule()).isTrue();
  }
}
