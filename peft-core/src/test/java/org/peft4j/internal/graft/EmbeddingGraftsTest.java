package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.internal.graft.SmallAdapters.graft;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.SmallAdapters.Rows;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** {@code y[t] = W[id_t] + Σ part(id_t)}. */
class EmbeddingGraftsTest {
  private static final Site SITE = Site.embedding("table", "table", 5, 3, List.of());
  private static final Pass PASS = new Pass(new Nd4jKernels(), true, 0);
  private static final int[] IDS = {4, 0, 4, 2};

  private final SharedState shared = SharedState.of(1);
  private final Graft first = graft("first", new Rows(SITE), 1);
  private final Graft second = graft("second", new Rows(SITE), 2);
  private final EmbeddingGrafts grafts =
      new EmbeddingGrafts(new SiteGrafts(SITE, List.of(first, second), shared));

  private static INDArray row(Graft graft, int id) {
    return graft.parameters().get("C").getRow(id);
  }

  @Test
  void thePartsOfAllAdaptersAreAdded() {
    INDArray y = Values.random(3, 4, 3);
    INDArray looked = y.dup();

    grafts.forward(PASS, IDS, y);

    for (int t = 0; t < IDS.length; t++) {
      INDArray expected = looked.getRow(t).add(row(first, IDS[t])).add(row(second, IDS[t]));
      assertThat(y.getRow(t).equalsWithEps(expected, 1e-12)).isTrue();
    }
  }

  @Test
  void anIdThatComesTwiceCollectsBothGradients() {
    INDArray dy = Values.random(4, 4, 3);
    grafts.backward(PASS, IDS, dy);

    CentralDifferences.assertGradients(
        first.parameters(),
        first.gradients(),
        () -> {
          INDArray y = Values.zeros(4, 3);
          grafts.forward(PASS, IDS, y);
          return Values.inner(y, dy);
        });
    assertThat(second.gradients().asMap()).isEqualTo(first.gradients().asMap());
    assertThat(first.gradients().get("C").getRow(1).amaxNumber().doubleValue()).isZero();
  }

  @Test
  void eachSequenceHasItsOwnAdapter() {
    INDArray y = Values.zeros(4, 3);
    shared.activity().setRows(List.of("second", "first"));

    grafts.forward(PASS, IDS, y);

    assertThat(y.getRow(0)).isEqualTo(row(second, 4));
    assertThat(y.getRow(1)).isEqualTo(row(second, 0));
    assertThat(y.getRow(2)).isEqualTo(row(first, 4));
    assertThat(y.getRow(3)).isEqualTo(row(first, 2));
  }

  @Test
  void aBatchThatDoesNotDivideIsRefusedByName() {
    shared.activity().setRows(List.of("first", "second", "first"));
    assertThatThrownBy(() -> grafts.forward(PASS, IDS, Values.zeros(4, 3)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapters were named for 3 sequences, but table got 4 rows. Name one adapter for each"
                + " sequence of the batch.");
  }

  @Test
  void adaptersThatDoNotActAddNothingAndWriteNoGradient() {
    INDArray y = Values.zeros(4, 3);
    shared.activity().disable(1);

    grafts.forward(PASS, IDS, y);
    grafts.backward(PASS, IDS, Values.random(4, 4, 3));

    assertThat(y).isEqualTo(Values.zeros(4, 3));
    assertThat(first.gradients().get("C").minNumber().doubleValue()).isEqualTo(99);
  }
}
