package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.internal.graft.SmallAdapters.graft;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Pass;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.SmallAdapters.Prompt;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** Virtual tokens before the first layer, and encoders of what attentions read later. */
class PromptGraftsTest {
  private static final int WIDTH = 3;
  private static final Site SITE = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, WIDTH);

  private final SharedState shared = SharedState.of(1);
  private final Pass pass = new Pass(new Nd4jKernels(), true, 0);
  private final Graft two = graft("two", new Prompt(SITE, 2, 0), 1);
  private final Graft one = graft("one", new Prompt(SITE, 1, 0), 2);
  private final Graft prefix = graft("prefix", new Prompt(SITE, 0, 4), 3);
  private final PromptGrafts grafts = grafts(two, prefix, one);

  private PromptGrafts grafts(Graft... all) {
    return new PromptGrafts(new SiteGrafts(SITE, List.of(all), shared));
  }

  private static INDArray tokens(INDArray embeddings, int row, int from, int to) {
    return embeddings
        .get(
            NDArrayIndex.interval(row, row + 1),
            NDArrayIndex.interval(from, to),
            NDArrayIndex.all())
        .dup('c')
        .reshape(to - from, WIDTH);
  }

  @Test
  void aPassBeginsWithTheNumberOfVirtualTokensAndKeys() {
    pass.state().put("of an earlier pass", Nd4j.scalar(1.0));
    grafts.begin(pass, true);

    assertThat(grafts.virtualTokens()).isEqualTo(3);
    assertThat(pass.state().virtualTokens()).isEqualTo(3);
    assertThat(pass.state().prefixLength()).isEqualTo(4);
    assertThatThrownBy(() -> pass.state().get("of an earlier pass"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("No layer has made of an earlier pass in this pass.");
  }

  @Test
  void aSequenceThatContinuesHasItsVirtualTokensBehindIt() {
    grafts.begin(pass, false);

    assertThat(pass.state().virtualTokens()).isZero();
    assertThat(pass.state().prefixLength()).isEqualTo(4);
    grafts.forward(pass, 2, null);
    assertThat(pass.state().get(Prompt.SHARED)).isSameAs(prefix.parameters().get("p"));
  }

  @Test
  void everySequenceGetsTheTokensOfAllAdaptersInTheirOrder() {
    INDArray embeddings = Values.zeros(2, 3, WIDTH);
    grafts.begin(pass, true);

    grafts.forward(pass, 2, embeddings);

    for (int row = 0; row < 2; row++) {
      assertThat(tokens(embeddings, row, 0, 2)).isEqualTo(two.parameters().get("e"));
      assertThat(tokens(embeddings, row, 2, 3)).isEqualTo(one.parameters().get("e"));
    }
  }

  @Test
  void tokensGetTheSumOfTheirGradientsAndAnEncoderWhatAttentionsHaveAdded() {
    INDArray upper = Values.random(7, 2, 3, WIDTH);
    grafts.begin(pass, true);
    grafts.forward(pass, 2, Values.zeros(2, 3, WIDTH));
    pass.state().gradient(Prompt.SHARED).addi(1.5);
    pass.state().gradient(Prompt.SHARED).addi(2);

    grafts.backward(pass, upper);

    for (Graft graft : List.of(two, one)) {
      CentralDifferences.assertGradients(
          graft.parameters(),
          graft.gradients(),
          () -> {
            INDArray embeddings = Values.zeros(2, 3, WIDTH);
            grafts.forward(pass, 2, embeddings);
            return Values.inner(embeddings, upper);
          });
    }
    assertThat(prefix.gradients().get("p").getDouble(0)).isEqualTo(3.5);
    assertThat(pass.state().takeGradient(Prompt.SHARED)).isNull();
  }

  @Test
  void eachSequenceHasTheTokensOfItsOwnAdapter() {
    Graft other = graft("other", new Prompt(SITE, 2, 0), 8);
    PromptGrafts both = grafts(two, other);
    shared.activity().setRows(List.of("other", "two", "two"));
    INDArray embeddings = Values.zeros(3, 2, WIDTH);

    both.begin(pass, true);
    both.forward(pass, 3, embeddings);

    assertThat(pass.state().virtualTokens()).isEqualTo(2);
    assertThat(tokens(embeddings, 0, 0, 2)).isEqualTo(other.parameters().get("e"));
    assertThat(tokens(embeddings, 1, 0, 2)).isEqualTo(two.parameters().get("e"));
    assertThat(tokens(embeddings, 2, 0, 2)).isEqualTo(two.parameters().get("e"));
  }

  @Test
  void allSequencesOfABatchMustHaveTheSameNumber() {
    shared.activity().setRows(List.of("two", "base"));
    assertThatThrownBy(() -> grafts.begin(pass, true))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "The adapters of this batch put different numbers of virtual tokens before their"
                + " sequences; all of one batch must put the same number. Make a batch for each"
                + " length.");
  }

  @Test
  void thereAreNoTokensWhereNoAdapterActs() {
    shared.activity().disable(1);
    grafts.begin(pass, true);
    grafts.forward(pass, 2, null);

    assertThat(grafts.acts()).isFalse();
    assertThat(pass.state().virtualTokens()).isZero();
    assertThat(pass.state().prefixLength()).isZero();
  }
}
