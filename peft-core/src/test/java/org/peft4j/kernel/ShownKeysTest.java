package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What describes an attention: scores, and keys of which rows show some. */
class ShownKeysTest {
  @Test
  void scoresHaveAFiniteScaleAndACapOfAtLeastZero() {
    assertThat(AttentionScores.scaled(0.5).capped()).isFalse();
    assertThat(new AttentionScores(0.5, 30).capped()).isTrue();
    for (double[] bad : new double[][] {{Double.NaN, 0}, {1, -1}, {1, Double.POSITIVE_INFINITY}}) {
      assertThatThrownBy(() -> new AttentionScores(bad[0], bad[1]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "scale is "
                  + bad[0]
                  + " and softCap "
                  + bad[1]
                  + "; allowed: a finite scale, and a cap of at least 0, where 0 means none.");
    }
  }

  @Test
  void shownKeysAreRunsOfEachRow() {
    ShownKeys keys = ShownKeys.of(2, new int[] {0, 1, 1, 0, 1, 0, 0, 1, 1, 0});
    assertThat(keys.rows()).isEqualTo(2);
    assertThat(keys.all()).isFalse();
    assertThat(keys.hull()).isEqualTo(new KeyRange(1, 5));
    assertThat(keys.shows(1, 2)).isTrue();
    assertThat(keys.nextShown(0, 0, 5)).isEqualTo(1);
    assertThat(keys.nextHidden(0, 1, 5)).isEqualTo(3);
    assertThat(keys.nextShown(1, 4, 5)).isEqualTo(5);
    assertThat(keys.nextHidden(0, 1, 2)).isEqualTo(2);
    assertThat(ShownKeys.after(new int[] {0, 0}, 4).all()).isTrue();
    assertThat(ShownKeys.after(new int[] {9}, 4).hull().count()).isZero();
  }
}
