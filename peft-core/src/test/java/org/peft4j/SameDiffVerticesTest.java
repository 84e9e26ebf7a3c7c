package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLambdaVertex;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.bitfit.BitFitConfig;

/**
 * Vertices that SameDiff computes, above an adapter: Deeplearning4j doubles the gradients that pass
 * through them, and a wrapped graph does not.
 */
class SameDiffVerticesTest {
  private static final double STEP = 1e-6;

  /** A vertex of one input's type. */
  public abstract static class Lambda extends SameDiffLambdaVertex {
    @Override
    public InputType getOutputType(int index, InputType... inputs) {
      return inputs[0];
    }
  }

  /** {@code tanh(a)}. */
  public static final class Tanh extends Lambda {
    @Override
    public SDVariable defineVertex(SameDiff sameDiff, VertexInputs inputs) {
      return sameDiff.math().tanh(inputs.getInput(0));
    }
  }

  /** {@code a}: its gradient is the one from above itself. */
  public static final class Same extends Lambda {
    @Override
    public SDVariable defineVertex(SameDiff sameDiff, VertexInputs inputs) {
      return inputs.getInput(0);
    }
  }

  /** {@code a ⊙ b}. */
  public static final class Product extends Lambda {
    @Override
    public SDVariable defineVertex(SameDiff sameDiff, VertexInputs inputs) {
      return inputs.getInput(0).mul(inputs.getInput(1));
    }
  }

  /** {@code a + b} with a bias b of each feature. */
  public static final class Biased extends SameDiffVertex {
    @Override
    public SDVariable defineVertex(
        SameDiff sameDiff,
        Map<String, SDVariable> inputs,
        Map<String, SDVariable> parameters,
        Map<String, SDVariable> masks) {
      return Objects.requireNonNull(inputs.get("a"))
          .add(Objects.requireNonNull(parameters.get("b")));
    }

    @Override
    public void defineParametersAndInputs(SDVertexParams parameters) {
      parameters.defineInputs("a");
      parameters.addBiasParam("b", 1, 3, 1);
    }

    @Override
    public void initializeParameters(Map<String, INDArray> parameters) {
      parameters.values().forEach(bias -> bias.assign(0.2));
    }

    @Override
    public InputType getOutputType(int index, InputType... inputs) {
      return inputs[0];
    }

    @Override
    public GraphVertex clone() {
      return new Biased();
    }
  }

  /** As the biases of layers do. */
  @Test
  void copiesOfAVertexBiasesTrainByItsUpdaterOfBiases() {
    for (boolean moves : new boolean[] {false, true}) {
      Biased vertex = new Biased();
      vertex.setBiasUpdater(new Sgd(moves ? 0.5 : 0));
      PeftModel<ComputationGraph> model =
          Peft.wrap(graph(vertex), BitFitConfig.builder().targetModules("vertex").build());
      INDArray before = model.network().params().dup();
      model
          .network()
          .fit(
              new INDArray[] {Nd4j.rand(DataType.DOUBLE, 3, 2, 4)},
              new INDArray[] {Nd4j.rand(DataType.DOUBLE, 3, 2, 4)});
      assertThat(before.equals(model.network().params())).isEqualTo(!moves);
    }
  }

  private static AttentionVertex attention(boolean project) {
    return new AttentionVertex.Builder()
        .nHeads(1)
        .headSize(3)
        .projectInput(project)
        .nInQueries(3)
        .nInKeys(3)
        .nInValues(3)
        .nOut(3)
        .build();
  }

  static Stream<SameDiffVertex> vertices() {
    return Stream.of(new Tanh(), new Same(), new Product(), attention(false), attention(true));
  }

  private static ComputationGraph graph(SameDiffVertex vertex) {
    int inputs = vertex instanceof AttentionVertex ? 3 : vertex instanceof Product ? 2 : 1;
    String[] names = Stream.of("below", "below2", "below2").limit(inputs).toArray(String[]::new);
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(5)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.1))
                .activation(Activation.TANH)
                .graphBuilder()
                .allowDisconnected(true)
                .addInputs("in")
                .setInputTypes(InputType.recurrent(2, 4))
                .addLayer("below2", map(), "in")
                .addLayer("below", map(), "below2")
                .addVertex("vertex", vertex, names)
                .addLayer(
                    "out",
                    new RnnOutputLayer.Builder(LossFunction.MSE)
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build(),
                    "vertex")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  private static Convolution1DLayer map() {
    return new Convolution1DLayer.Builder().kernelSize(1).nOut(3).build();
  }

  @ParameterizedTest
  @MethodSource("vertices")
  void gradientsThroughItAreSlopes(SameDiffVertex vertex) {
    Nd4j.getRandom().setSeed(2);
    INDArray[] x = {Nd4j.rand(DataType.DOUBLE, 3, 2, 4)};
    INDArray[] y = {Nd4j.rand(DataType.DOUBLE, 3, 2, 4)};
    ComputationGraph network =
        Peft.wrap(graph(vertex), BitFitConfig.builder().targetModules("below", "below2").build())
            .network();
    network.setInputs(x);
    network.setLabels(y);
    network.computeGradientAndScore();
    INDArray gradient = network.getFlattenedGradients().dup();
    for (long i = 0; i < gradient.length(); i++) {
      double value = network.params().getDouble(i);
      network.params().putScalar(i, value + STEP);
      double up = network.score(new MultiDataSet(x, y), false);
      network.params().putScalar(i, value - STEP);
      double down = network.score(new MultiDataSet(x, y), false);
      network.params().putScalar(i, value);
      assertThat(gradient.getDouble(i) / 3).isCloseTo((up - down) / (2 * STEP), within(1e-7));
    }
    assertThat(gradient.norm2Number().doubleValue()).isPositive();
  }

  @Test
  void anUnloadedModelWithAttentionComputesAndTrains() {
    for (boolean trained : new boolean[] {false, true}) {
      ComputationGraph base = graph(attention(true));
      INDArray[] x = {Nd4j.rand(DataType.DOUBLE, 3, 2, 4)};
      INDArray[] y = {Nd4j.rand(DataType.DOUBLE, 3, 2, 4)};
      if (trained) {
        base.fit(x, y);
      }
      PeftModel<ComputationGraph> model =
          Peft.wrap(base, BitFitConfig.builder().targetModules("below").build());
      model.adapter("default").tensors().values().forEach(bias -> bias.addi(0.3));
      ComputationGraph merged = model.mergeAndUnload();

      assertThat(merged.outputSingle(x).distance2(model.network().outputSingle(x)))
          .isLessThan(1e-12);
      INDArray before = merged.params().dup();
      merged.fit(x, y);
      assertThat(merged.params()).isNotEqualTo(before);
    }
  }
}
