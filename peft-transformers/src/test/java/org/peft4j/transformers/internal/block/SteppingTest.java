package org.peft4j.transformers.internal.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;
import static org.peft4j.transformers.internal.block.Parts.attention;
import static org.peft4j.transformers.internal.block.Parts.block;
import static org.peft4j.transformers.internal.block.Parts.gated;
import static org.peft4j.transformers.internal.block.Parts.rms;

import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.ResidualPart;

/**
 * A block that sees its tokens step by step, with the keys and values of earlier steps in a cache,
 * gives what it gives to the whole sequence at once.
 */
class SteppingTest {
  /** Cosines and sines of rotary positions are rounded to single precision. */
  private static final double TOLERANCE = 1e-6;

  /** A query that sees later keys cannot be computed before they are there. */
  static Stream<Forms> forms() {
    return Forms.all()
        .filter(
            form ->
                form.part().attentions().stream()
                    .allMatch(a -> a.causal() || a.source() == AttentionPart.Source.ENCODER));
  }

  private static BlockCase whole(Forms form, Predicate<Site> grafted) {
    BlockCase block = new BlockCase(grafted.and(form::takes), form.part());
    boolean cross =
        form.part().attentions().stream().anyMatch(a -> a.source() == AttentionPart.Source.ENCODER);
    return cross ? block.withEncoder() : block;
  }

  @ParameterizedTest
  @MethodSource("forms")
  void tokenByTokenGivesWhatTheWholeGives(Forms form) {
    try (BlockCase block = whole(form, site -> true)) {
      assertClose(block.steps(null, 1, 1, 1, 1, 1), block.forward());
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aPromptThenSeveralTokensAtOnceGiveWhatTheWholeGives(Forms form) {
    try (BlockCase block = whole(form, site -> true)) {
      assertClose(block.steps(null, 2, 1, 2), block.forward());
    }
  }

  /**
   * Steps count positions from the first token that is no padding, a whole pass from the left edge:
   * the same to everything but the keys of a prefix, which are not rotated.
   */
  @ParameterizedTest
  @MethodSource("forms")
  void paddingOnTheLeftIsHiddenInEveryStep(Forms form) {
    try (BlockCase block = whole(form, site -> site.kind() != SiteKind.ATTENTION)) {
      INDArray stepped = block.steps(new int[] {0, 2}, 3, 1, 1);

      block.withMask(Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1}, {0, 0, 1, 1, 1}}));
      INDArray expected = block.forward();
      assertClose(row(stepped, 0, 0), row(expected, 0, 0));
      assertClose(row(stepped, 1, 2), row(expected, 1, 2));
    }
  }

  private static INDArray row(INDArray y, int row, int from) {
    return y.get(point(row), interval(from, y.size(1)), all()).dup('c');
  }

  /** Self-attention to the tokens, then cross-attention to the encoder, as in a decoder of T5. */
  private static BlockPart body() {
    return block(
        ResidualPart.preNorm(
            rms("norm1"),
            attention(2, 2).relative(4, 6).part(),
            ResidualPart.place("attention", Parts.WIDTH)),
        ResidualPart.preNorm(
            rms("norm2"),
            attention(2, 1).ofEncoder().part("cross."),
            ResidualPart.place("cross", Parts.WIDTH)),
        ResidualPart.preNorm(rms("norm3"), gated("mlp"), ResidualPart.place("mlp", Parts.WIDTH)));
  }

  @Test
  void aDecoderWithBothAttentionsStepsLikeTheWhole() {
    try (BlockCase block = new BlockCase(site -> true, body()).withEncoder()) {
      assertClose(block.steps(null, 2, 1, 1, 1), block.forward());
    }
  }

  private static void assertClose(INDArray actual, INDArray expected) {
    assertThat(actual.sub(expected).amaxNumber().doubleValue()).isLessThan(TOLERANCE);
    assertThat(expected.amaxNumber().doubleValue()).isGreaterThan(0.1);
  }
}
