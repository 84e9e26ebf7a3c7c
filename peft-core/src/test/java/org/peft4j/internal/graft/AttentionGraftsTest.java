package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.internal.graft.SmallAdapters.graft;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Pass;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.SmallAdapters.Prefix;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** Keys and values before those of the input, one adapter's after the other's. */
class AttentionGraftsTest {
  private static final int HEADS = 2;
  private static final int SIZE = 3;
  private static final Site SITE =
      Site.place("attention", "attention", SiteKind.ATTENTION, HEADS, SIZE);
  private static final Pass PASS = new Pass(new Nd4jKernels(), true, 0);

  private final SharedState shared = SharedState.of(1);
  private final Graft two = graft("two", new Prefix(SITE, 2), 1);
  private final Graft one = graft("one", new Prefix(SITE, 1), 2);
  private final AttentionGrafts grafts = grafts(two, one);

  private AttentionGrafts grafts(Graft... all) {
    return new AttentionGrafts(new SiteGrafts(SITE, List.of(all), shared));
  }

  private static INDArray keys(INDArray array, long row, long from, long to) {
    return array
        .get(
            NDArrayIndex.interval(row, row + 1),
            NDArrayIndex.interval(from, to),
            NDArrayIndex.all(),
            NDArrayIndex.all())
        .dup('c')
        .reshape(to - from, HEADS, SIZE);
  }

  @Test
  void everySequenceGetsTheKeysAndValuesOfAllAdaptersInTheirOrder() {
    assertThat(grafts.length()).isEqualTo(3);
    INDArray k = Values.zeros(2, 3, HEADS, SIZE);
    INDArray v = Values.zeros(2, 3, HEADS, SIZE);

    grafts.forward(PASS, k, v);

    for (int row = 0; row < 2; row++) {
      assertThat(keys(k, row, 0, 2)).isEqualTo(two.parameters().get("k"));
      assertThat(keys(k, row, 2, 3)).isEqualTo(one.parameters().get("k"));
      assertThat(keys(v, row, 0, 2)).isEqualTo(two.parameters().get("v"));
      assertThat(keys(v, row, 2, 3)).isEqualTo(one.parameters().get("v"));
    }
  }

  @Test
  void gradientsAreSummedOverTheBatch() {
    INDArray dk = Values.random(5, 2, 3, HEADS, SIZE);
    INDArray dv = Values.random(6, 2, 3, HEADS, SIZE);

    grafts.backward(PASS, dk, dv);

    for (Graft graft : List.of(two, one)) {
      CentralDifferences.assertGradients(
          graft.parameters(),
          graft.gradients(),
          () -> {
            INDArray k = Values.zeros(2, 3, HEADS, SIZE);
            INDArray v = Values.zeros(2, 3, HEADS, SIZE);
            grafts.forward(PASS, k, v);
            return Values.inner(k, dk) + Values.inner(v, dv);
          });
    }
  }

  /** Kernels take them as the first rows of the keys and values of all. */
  @Test
  void keysMayBeThePartOfAWiderArray() {
    INDArray all = Values.random(3, 2, 7, HEADS, SIZE);
    INDArray rest = keys(all, 1, 3, 7);
    INDArray part =
        all.get(
            NDArrayIndex.all(),
            NDArrayIndex.interval(0, 3),
            NDArrayIndex.all(),
            NDArrayIndex.all());

    grafts.forward(PASS, part, Values.zeros(2, 3, HEADS, SIZE));

    assertThat(keys(all, 1, 0, 2)).isEqualTo(two.parameters().get("k"));
    assertThat(keys(all, 1, 2, 3)).isEqualTo(one.parameters().get("k"));
    assertThat(keys(all, 1, 3, 7)).isEqualTo(rest);
  }

  @Test
  void eachSequenceHasTheKeysOfItsOwnAdapter() {
    Graft other = graft("other", new Prefix(SITE, 2), 9);
    AttentionGrafts both = grafts(two, other);
    shared.activity().setRows(List.of("other", "two"));
    INDArray k = Values.zeros(2, 2, HEADS, SIZE);

    assertThat(both.length()).isEqualTo(2);
    both.forward(PASS, k, Values.zeros(2, 2, HEADS, SIZE));

    assertThat(keys(k, 0, 0, 2)).isEqualTo(other.parameters().get("k"));
    assertThat(keys(k, 1, 0, 2)).isEqualTo(two.parameters().get("k"));
  }

  @Test
  void allSequencesOfABatchMustHaveTheSameNumber() {
    shared.activity().setRows(List.of("two", "one"));
    assertThatThrownBy(grafts::length)
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "The adapters of this batch put 2 and 1 virtual tokens before their sequences at"
                + " attention; all of one batch must put the same number. Make a batch for each"
                + " length.");
  }

  @Test
  void thereAreNoKeysWhereNoAdapterActs() {
    shared.activity().disable(1);
    assertThat(grafts.length()).isZero();
    shared.activity().disable(-1);
    shared.activity().setMerged(Set.of("two"));
    assertThat(grafts.length()).isEqualTo(1);
  }
}
