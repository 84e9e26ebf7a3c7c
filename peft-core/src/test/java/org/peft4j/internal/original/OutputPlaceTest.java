package org.peft4j.internal.original;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.Values;

/** Activations of every layout, seen as [batch, …, features]. */
class OutputPlaceTest {
  private static final Site SITE = Site.place("layer.output", "layer", SiteKind.SUBLAYER, 0, 5);

  private static INDArray seen(INDArray activations, boolean featuresLast) {
    return new OutputPlace(SITE, featuresLast, featuresLast).featuresLast(activations);
  }

  @Test
  void rowsHaveTheirFeaturesLastAlready() {
    INDArray rows = Values.random(1, 3, 5);
    assertThat(seen(rows, false)).isSameAs(rows);
    assertThat(seen(rows, true)).isSameAs(rows);
  }

  @Test
  void sequencesAreSeenStepByStep() {
    INDArray sequences = Values.random(1, 3, 5, 4);
    INDArray view = seen(sequences, false);
    assertThat(view.shape()).containsExactly(3, 4, 5);
    assertThat(view.getDouble(2, 3, 1)).isEqualTo(sequences.getDouble(2, 1, 3));
    INDArray steps = Values.random(1, 3, 4, 5);
    assertThat(seen(steps, true)).isSameAs(steps);
  }

  @Test
  void imagesAreSeenPixelByPixelAndWritingToTheViewWritesToThem() {
    INDArray images = Values.random(1, 2, 5, 3, 4);
    INDArray view = seen(images, false);
    assertThat(view.shape()).containsExactly(2, 3, 4, 5);
    view.putScalar(new int[] {1, 2, 3, 4}, 9);
    assertThat(images.getDouble(1, 4, 2, 3)).isEqualTo(9);
    INDArray volumes = Values.random(1, 2, 5, 3, 4, 2);
    assertThat(seen(volumes, false).shape()).containsExactly(2, 3, 4, 2, 5);
  }

  @Test
  void anotherNumberOfFeaturesIsRefusedWithTheWayOut() {
    assertThatThrownBy(() -> seen(Values.random(1, 3, 4), false))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("layer.output expects activations of 5 features")
        .hasMessageContaining("Shape: [3,4]")
        .hasMessageEndingWith("Leave it out with exclude_modules.");
  }
}
