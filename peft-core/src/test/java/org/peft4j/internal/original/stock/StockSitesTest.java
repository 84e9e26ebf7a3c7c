package org.peft4j.internal.original.stock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.LayerCases;
import org.peft4j.testing.Values;
import org.peft4j.weight.WeightView;

/** The sites of Deeplearning4j's layers: their names, shapes, and whose the biases are. */
class StockSitesTest {
  /** A site in short: {@code name inputs→outputs [parameters]}. */
  static Stream<Arguments> layers() {
    return Stream.of(
        Arguments.of("dense", List.of("layer LINEAR 8→8 [W, b]")),
        Arguments.of("dense with layer norm", List.of("layer LINEAR 8→8 [W, b, g]")),
        Arguments.of("dense without bias", List.of("layer LINEAR 8→8 [W]")),
        Arguments.of("embedding", List.of("layer EMBEDDING 7→8 [W, b]")),
        Arguments.of("batch norm", List.of("layer NORM 0→0 [gamma, beta]")),
        Arguments.of("lstm", List.of("layer.W LINEAR 5→32 [W, b]", "layer.RW LINEAR 8→32 [RW]")),
        Arguments.of(
            "bidirectional simple rnn",
            List.of(
                "layer.fW LINEAR 5→8 [fW, fb]",
                "layer.fRW LINEAR 8→8 [fRW]",
                "layer.bW LINEAR 5→8 [bW, bb]",
                "layer.bRW LINEAR 8→8 [bRW]")),
        Arguments.of("convolution 2d", List.of("layer CONVOLUTION 4→4 [W, b]")),
        Arguments.of(
            "self-attention",
            List.of(
                "layer.Wq LINEAR 5→6 [Wq]",
                "layer.Wk LINEAR 5→6 [Wk]",
                "layer.Wv LINEAR 5→6 [Wv]",
                "layer.Wo LINEAR 6→8 [Wo]")),
        Arguments.of(
            "graves lstm",
            List.of(
                "layer.W LINEAR 5→32 [W, b]",
                "layer.RW LINEAR 8→32 [RW]",
                "layer.RW.peepholes PARAMETERS 0→0 [RW.peepholes]")),
        Arguments.of(
            "graves bidirectional lstm",
            List.of(
                "layer.WF LINEAR 5→32 [WF, bF]",
                "layer.RWF LINEAR 8→32 [RWF]",
                "layer.WB LINEAR 5→32 [WB, bB]",
                "layer.RWB LINEAR 8→32 [RWB]",
                "layer.RWF.peepholes PARAMETERS 0→0 [RWF.peepholes, RWB.peepholes]")),
        Arguments.of(
            "separable convolution",
            List.of("layer.pW CONVOLUTION 8→4 [pW, b]", "layer.W CONVOLUTION 1→8 [W]")),
        Arguments.of("depthwise convolution", List.of("layer CONVOLUTION 1→8 [W, b]")),
        Arguments.of("deconvolution 2d", List.of("layer CONVOLUTION 4→3 [W, b]")),
        Arguments.of("deconvolution 3d", List.of("layer CONVOLUTION 2→4 [W, b]")),
        Arguments.of("pooling, which has no parameters", List.of()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void everyMatrixIsASiteAndBiasesBelongToTheFirst(String sort, List<String> expected) {
    MultiLayerNetwork base = LayerCases.named(sort).base();
    OriginalPart original = Objects.requireNonNull(WrappedNetwork.layersOf(base).get("layer"));
    assertThat(
            original.sites().stream()
                .filter(site -> site.kind().isModule())
                .map(StockSitesTest::text))
        .containsExactlyElementsOf(expected);
  }

  private static String text(Site site) {
    return "%s %s %d→%d %s"
        .formatted(
            site.name(),
            site.kind(),
            site.inputs(),
            site.outputs(),
            site.parameters().stream().map(SiteParameter::name).toList());
  }

  /** A subclass may mean something else by the same names. */
  @Test
  void onlyTheVeryClassesHaveGraftableWeights() {
    assertThat(GraftableWeights.of(new LSTM.Builder().nOut(3).build()))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("W", WeightView.TRANSPOSED, "RW", WeightView.TRANSPOSED));
    assertThat(GraftableWeights.of(new LSTM() {})).isEmpty();
  }

  @Test
  void onlyAddedVectorsAreBiases() {
    for (String key : List.of("b", "fb", "bb", "vb", "beta")) {
      assertThat(StockParameters.describe(key, Values.zeros(1, 3)).bias()).as(key).isTrue();
    }
    for (String key : List.of("W", "RW", "bW", "g", "gamma", "Wb")) {
      assertThat(StockParameters.describe(key, Values.zeros(1, 3)).bias()).as(key).isFalse();
    }
    assertThat(StockParameters.describe("W", Values.zeros(2, 3)).shape()).containsExactly(2L, 3L);
  }

  @Test
  void aWeightIsTheSameObjectAtEveryCallAndUnknownOnesAreRefused() {
    StockWeights weights =
        new StockWeights(Map.of("W", Values.zeros(2, 3)), Map.of("W", WeightView.TRANSPOSED));
    assertThat(weights.get("W")).isSameAs(weights.get("W"));
    assertThat(weights.get("W").shape()).containsExactly(3, 2);
    assertThatThrownBy(() -> weights.get("V"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("No parameter V among [W].");
    assertThatThrownBy(() -> new StockWeights(null, Map.of()).get("W"))
        .hasMessageContaining("among []");
  }

  /** 1 in a corrected version of Deeplearning4j; M2.1 counts the gradient twice. */
  @Test
  void theFactorOfSameDiffUndoesItsDoubling() {
    assertThat(SameDiffEpsilon.scale()).isIn(0.5, 1.0);
    var dense = LayerCases.named("dense").base(DataType.FLOAT).getLayer("layer");
    assertThat(SameDiffEpsilon.scale(dense)).isEqualTo(1);
    var attention = LayerCases.named("self-attention").base(DataType.FLOAT).getLayer("layer");
    assertThat(SameDiffEpsilon.scale(attention)).isEqualTo(SameDiffEpsilon.scale());
  }
}
