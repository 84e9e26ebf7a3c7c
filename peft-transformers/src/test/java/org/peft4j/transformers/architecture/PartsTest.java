package org.peft4j.transformers.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.peft4j.kernel.Activation;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.config.SpecialTokens;

/** Parts are put together in ways that a graph can compute; others are refused with the reason. */
class PartsTest {
  private static final NormPart NORM = NormPart.rms("norm", 8, 1e-6);
  private static final FeedForwardPart MLP =
      new FeedForwardPart(
          Activation.RELU, Optional.empty(), linear("mlp.up", 8, 12), linear("mlp.down", 12, 8));

  private static LinearPart linear(String name, long in, long out) {
    return LinearPart.of(name, SiteRole.OTHER, in, out, true, 0.02);
  }

  private static AttentionPart.Separate separate() {
    return new AttentionPart.Separate(
        linear("a.q", 8, 8), linear("a.k", 8, 8), linear("a.v", 8, 8));
  }

  private static AttentionPart attention(
      AttentionPart.Source source,
      boolean causal,
      int window,
      double softCap,
      AttentionPart.Projections projections,
      AttentionPart.Positions positions) {
    return new AttentionPart(
        source,
        causal,
        window == 0 ? OptionalInt.empty() : OptionalInt.of(window),
        2,
        2,
        4,
        0.5,
        softCap == 0 ? OptionalDouble.empty() : OptionalDouble.of(softCap),
        projections,
        Optional.empty(),
        Optional.empty(),
        positions,
        linear("a.o", 8, 8),
        AttentionPart.prefix("a", 2, 4));
  }

  private static ResidualPart around(AttentionPart attention) {
    return ResidualPart.preNorm(NORM, attention, ResidualPart.place("a", 8));
  }

  private static AttentionPart self() {
    return attention(
        AttentionPart.Source.SELF, true, 0, 0, separate(), new AttentionPart.NoPositions());
  }

  private static AttentionPart cross() {
    return attention(
        AttentionPart.Source.ENCODER, false, 0, 0, separate(), new AttentionPart.NoPositions());
  }

  @Test
  void attentionToAnEncoderHasNoOrderOfItsOwn() {
    AttentionPart.Fused fused =
        new AttentionPart.Fused(linear("a.qkv", 8, 24), AttentionPart.Layout.THIRDS);

    assertThatThrownBy(
            () ->
                attention(
                    AttentionPart.Source.ENCODER, true, 0, 0, fused, new AttentionPart.Alibi()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a.past_key_values: ")
        .hasMessageContaining("causal is true; allowed for attention to an encoder: false.")
        .hasMessageContaining(
            "projections are fused; allowed for attention to an encoder: separate")
        .hasMessageContaining(
            "positions are Alibi[scale=1.0, rounded=false]; allowed for attention to an encoder:"
                + " none.");
  }

  @Test
  void aWindowIsAroundTheOwnPositionAndASoftCapHasASize() {
    assertThatThrownBy(
            () ->
                attention(
                    AttentionPart.Source.ENCODER,
                    false,
                    3,
                    -1,
                    separate(),
                    new AttentionPart.NoPositions()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("window is 3; allowed: at least 1, in attention to itself.")
        .hasMessageContaining("softCap is -1.0; allowed: above 0.");
  }

  @Test
  void aBlockAttendsOnceToItselfAndOnceToAnEncoder() {
    BlockPart decoder = new BlockPart("block", List.of(around(self()), around(cross())));
    assertThat(decoder.attentions()).containsExactly(self(), cross());

    assertThatThrownBy(() -> new BlockPart("block", List.of(around(self()), around(self()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("block has 2 attentions to SELF; allowed: one");
  }

  @Test
  void aResidualSubLayerNeedsABranchAndOneKindOfNormBefore() {
    assertThatThrownBy(() -> new ResidualPart(Optional.empty(), List.of(), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one branch");
    BranchPart own =
        new BranchPart(Optional.of(NORM), MLP, Optional.empty(), ResidualPart.place("mlp", 8));
    assertThatThrownBy(() -> new ResidualPart(Optional.of(NORM), List.of(own), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("norm");
  }

  @Test
  void positionsWithoutPaddingNeedARowBeforeTheFirst() {
    EmbeddingPart table = EmbeddingPart.of("places", SiteRole.POSITION_EMBEDDING, 12, 8, 0.02);
    assertThat(new PositionPart(table, 2, true).positions()).isEqualTo(10);
    assertThat(PositionPart.of(table).positions()).isEqualTo(12);
    assertThatThrownBy(() -> new PositionPart(table, 0, true)).hasMessageContaining("offset is 0");
    assertThatThrownBy(() -> new PositionPart(table, -1, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("offset is -1; allowed: at least 0");
  }

  @Test
  void aPaddingRowOutsideOfTheTableIsNone() {
    EmbeddingPart table = EmbeddingPart.of("tokens", SiteRole.TOKEN_EMBEDDING, 12, 8, 0.02);

    assertThat(table.withPadding(OptionalInt.of(11)).padding()).hasValue(11);
    assertThat(table.withPadding(OptionalInt.of(12)).padding()).isEmpty();
  }

  /** Modules first, in the order of the forward pass, then the places between them. */
  @Test
  void theSitesOfABlockAreInTheOrderOfTheForwardPass() {
    BlockPart block =
        new BlockPart(
            "block",
            List.of(
                around(self()),
                ResidualPart.postNorm(
                    NormPart.layer("last", 8, 1e-5), MLP, ResidualPart.place("mlp", 8))));

    assertThat(block.sites())
        .extracting(Site::name)
        .containsExactly(
            "norm",
            "a.q",
            "a.k",
            "a.v",
            "a.o",
            "mlp.up",
            "mlp.down",
            "last",
            "a.past_key_values",
            "a",
            "mlp");
    assertThat(block.sites().get(8).kind()).isEqualTo(SiteKind.ATTENTION);
    assertThat(block.modules().get(7).site().parameters()).hasSize(2);
  }

  @Test
  void aModuleThatTwoStacksShareIsOneModule() {
    EmbeddingPart table = EmbeddingPart.of("shared", SiteRole.TOKEN_EMBEDDING, 12, 8, 0.02);
    StackPart stack =
        new StackPart(InputPart.of(table), List.of(), Optional.of(NORM), Optional.empty());
    ModelArchitecture model =
        new ModelArchitecture(
            new CheckpointNames("test", "Test", "", Set.of()),
            16,
            new SpecialTokens(
                OptionalInt.empty(), List.of(), OptionalInt.empty(), OptionalInt.empty()),
            Optional.of(stack),
            stack,
            HeadPart.Language.of("head", 8, 12, true, 0.02));

    assertThat(model.modules())
        .extracting(module -> module.site().name())
        .containsExactly("shared", "norm", "head");
    assertThat(model.parameterCount()).isEqualTo(12 * 8 + 8);
    assertThat(model.longestText()).isEqualTo(16);
  }
}
