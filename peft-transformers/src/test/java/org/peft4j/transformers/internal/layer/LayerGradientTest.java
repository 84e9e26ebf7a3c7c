package org.peft4j.transformers.internal.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;

/** The gradient of each layer's input, against central differences in double precision. */
class LayerGradientTest {
  private static final double STEP = 1e-5;
  private static final INDArray MASK =
      Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1}, {0, 1, 1, 1, 1}});
  private static final INDArray LABELS =
      Nd4j.createFromArray(new int[][] {{3, 1, -100, 7, 2}, {-100, -100, 5, 5, 9}});

  @ParameterizedTest
  @CsvSource({
    "llama, block0",
    "llama_biases, block1",
    "llama_head_dim, block1",
    "qwen2, block0",
    "gpt2, block0",
    "gpt2, norm",
    "llama, norm"
  })
  void inputGradientOfALayer(String base, String vertex) {
    try (TransformerModel model = load(base)) {
      SiteLayer layer = grafted(model, vertex);
      INDArray x = random(model);
      INDArray dy = random(model);
      // What the padded query sees is all hidden: its scores are swallowed by the mask.
      dy.slice(1).slice(0).assign(0);
      layer.setMaskArray(MASK);
      layer.activate(x, true, LayerWorkspaceMgr.noWorkspaces());
      INDArray dx = layer.backpropGradient(dy, LayerWorkspaceMgr.noWorkspaces()).getSecond();

      assertCentral(
          x,
          dx,
          () ->
              layer
                  .activate(x, false, LayerWorkspaceMgr.noWorkspaces())
                  .mul(dy)
                  .sumNumber()
                  .doubleValue());
    }
  }

  @ParameterizedTest
  @CsvSource({"llama", "llama_biases", "gpt2"})
  void inputGradientOfTheLoss(String base) {
    try (TransformerModel model = load(base)) {
      HeadLayer head = (HeadLayer) grafted(model, "lm_head");
      INDArray x = random(model);
      LayerWorkspaceMgr none = LayerWorkspaceMgr.noWorkspaces();
      head.setInput(x, none);
      head.setLabels(LABELS);
      INDArray dx = head.backpropGradient(null, none).getSecond();
      double score = head.computeScore(0, true, none);

      assertCentral(
          x,
          dx,
          () -> {
            head.setInput(x, none);
            return head.computeScore(0, false, none);
          });
      head.setInput(x, none);
      assertThat(head.computeScore(0, false, none)).isEqualTo(score);
      INDArray each = head.computeScoreForExamples(0, none);
      assertThat((3 * each.getDouble(0) + 3 * each.getDouble(1)) / 6)
          .isCloseTo(score, org.assertj.core.api.Assertions.within(1e-12));
    }
  }

  @ParameterizedTest
  @CsvSource({"llama_classifier", "gpt2_classifier"})
  void inputGradientOfTheLossOfClasses(String base) {
    try (TransformerModel model = load(base)) {
      HeadLayer head = (HeadLayer) grafted(model, "score");
      INDArray x = random(model);
      INDArray labels = Nd4j.createFromArray(new double[][] {{0, 1, 0}, {0.25, 0.75, 0}});
      INDArray mask = Nd4j.createFromArray(new int[][] {{1, 1, 1, 0, 0}, {0, 1, 1, 1, 1}});
      LayerWorkspaceMgr none = LayerWorkspaceMgr.noWorkspaces();
      head.feedForwardMaskArray(mask, null, 2);
      head.setInput(x, none);
      head.setLabels(labels.get(all(), interval(0, head.numLabels())).dup());
      INDArray dx = head.backpropGradient(null, none).getSecond();

      assertCentral(
          x,
          dx,
          () -> {
            head.setInput(x, none);
            return head.computeScore(0, false, none);
          });
      assertThat(dx.get(point(0), interval(3, 5), all()).amaxNumber().doubleValue()).isZero();
      assertThat(dx.get(point(0), point(2), all()).amaxNumber().doubleValue()).isPositive();
      assertThat(dx.get(point(1), point(4), all()).amaxNumber().doubleValue()).isPositive();
    }
  }

  private static TransformerModel load(String base) {
    return Transformers.open(
        Golden.base(base), TransformerOptions.defaults().withDataType(DataType.DOUBLE));
  }

  /** The layer as it is hosted where something below it trains. */
  private static SiteLayer grafted(TransformerModel model, String vertex) {
    SiteLayer layer = (SiteLayer) model.graph().getLayer(vertex);
    List<SiteGrafts> sites = layer.sites().stream().map(SiteGrafts::none).toList();
    NeuralNetConfiguration conf = layer.conf();
    return layer.graft(conf, new LayerGrafts(sites, SharedState.of(1), new Nd4jKernels(), true));
  }

  private static INDArray random(TransformerModel model) {
    return Nd4j.randn(DataType.DOUBLE, 2, 5, model.architecture().hiddenSize());
  }

  private static void assertCentral(
      INDArray x, INDArray dx, java.util.function.DoubleSupplier loss) {
    double largest = dx.amaxNumber().doubleValue();
    for (long i = 0; i < x.length(); i += 7) {
      double value = x.getDouble(i);
      x.putScalar(i, value + STEP);
      double up = loss.getAsDouble();
      x.putScalar(i, value - STEP);
      double down = loss.getAsDouble();
      x.putScalar(i, value);
      double numeric = (up - down) / (2 * STEP);
      assertThat(Math.abs(dx.getDouble(i) - numeric) / largest).as("element " + i).isLessThan(1e-6);
    }
  }
}
