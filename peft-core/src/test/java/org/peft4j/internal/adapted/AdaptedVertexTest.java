package org.peft4j.internal.adapted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.graft.SmallAdapters.Delta;
import org.peft4j.internal.graft.SmallAdapters.Part;
import org.peft4j.internal.wrapped.WrappedGraph;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** Graph vertices: an attention with adapters, and what lies on other branches than an adapter. */
class AdaptedVertexTest {
  private static final LayerWorkspaceMgr NONE = LayerWorkspaceMgr.noWorkspaces();

  private final SharedState shared = SharedState.of(1);

  private static ComputationGraph graph(NeuralNetConfiguration.Builder builder, boolean frozen) {
    AttentionVertex attention =
        new AttentionVertex.Builder()
            .nHeads(1)
            .headSize(2)
            .projectInput(true)
            .nInQueries(3)
            .nInKeys(3)
            .nInValues(3)
            .nOut(3)
            .build();
    GraphVertex vertex = frozen ? new FrozenVertex(attention) : attention;
    ComputationGraph graph =
        new ComputationGraph(
            builder
                .seed(3)
                .dataType(DataType.DOUBLE)
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.recurrent(3, 4))
                .addVertex("attention", vertex, "in", "in", "in")
                .addLayer(
                    "out",
                    new RnnOutputLayer.Builder(LossFunction.MSE)
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build(),
                    "attention")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  private WrappedGraph wrapped(ComputationGraph graph) {
    return WrappedGraph.of(graph, shared, new Nd4jKernels());
  }

  private static Site site(WrappedGraph model, String vertex) {
    return Objects.requireNonNull(model.originals().get(vertex)).sites().get(0);
  }

  private WrappedGraph withDelta(ComputationGraph graph) {
    WrappedGraph model = wrapped(graph);
    Site site = site(model, "attention");
    Delta delta = new Delta(site, site.outputs(), site.inputs());
    model.activate(List.of(new Slot("default", delta, Values.random(5, delta.parameters()))));
    return model;
  }

  private static AdaptedVertex vertex(WrappedGraph model) {
    return (AdaptedVertex) model.network().getVertex("attention");
  }

  @Test
  void itsParametersAreThoseOfItsAdaptersInTheNetworksVector() {
    WrappedGraph model = withDelta(graph(new NeuralNetConfiguration.Builder(), false));
    AdaptedVertex vertex = vertex(model);

    assertThat(vertex.numParams()).isEqualTo(6);
    assertThat(vertex.paramTable(true)).containsOnlyKeys("attention.Wq.D.default");
    model.network().params().assign(4);
    assertThat(Objects.requireNonNull(vertex.params()).minNumber().doubleValue()).isEqualTo(4);
    assertThat(vertex).hasToString("AdaptedVertex(attention)");
  }

  @Test
  void aFrozenWrapperDoesNotEndTheBackwardPass() {
    for (boolean frozen : new boolean[] {false, true}) {
      WrappedGraph model = withDelta(graph(new NeuralNetConfiguration.Builder(), frozen));
      model.network().setInput(0, Values.random(1, 2, 3, 4));
      model.network().setLabel(0, Values.random(2, 2, 2, 4));
      model.network().computeGradientAndScore();
      assertThat(model.network().getFlattenedGradients().amaxNumber().doubleValue()).isPositive();
    }
  }

  @Test
  void adaptersThatDoNotActCannotTrain() {
    AdaptedVertex vertex = vertex(withDelta(graph(new NeuralNetConfiguration.Builder(), false)));
    shared.activity().setMerged(Set.of("default"));
    assertThatThrownBy(() -> vertex.doBackward(false, NONE))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("they are merged now");
  }

  @Test
  void withoutAdaptersTheBackwardPassIsLeftOut() {
    WrappedGraph model = wrapped(graph(new NeuralNetConfiguration.Builder(), false));
    AdaptedVertex vertex = vertex(model);
    for (int i = 0; i < 3; i++) {
      vertex.setInput(i, Values.random(i, 2, 3, 4), NONE);
    }
    vertex.setEpsilon(Values.zeros(2, 3, 4).assign(Double.NaN));

    Pair<Gradient, INDArray[]> result = vertex.doBackward(false, NONE);

    assertThat(result.getFirst().gradientForVariable()).isEmpty();
    assertThat(result.getSecond()).hasSize(3).allMatch(Values.zeros(2, 3, 4)::equals);
  }

  @Test
  void adaptersTrainAsTheVertexWould() {
    NeuralNetConfiguration.Builder builder =
        new NeuralNetConfiguration.Builder().updater(new Adam(0.03));
    AdaptedVertex vertex = vertex(withDelta(graph(builder, false)));
    var config = vertex.getConfig();

    assertThat(config.getLayerName()).isEqualTo("attention");
    assertThat(config.getUpdaterByParam("any")).isEqualTo(new Adam(0.03));
    vertex.setLearningRate(LearningRate.of(0.5));
    assertThat(config.getUpdaterByParam("any")).isEqualTo(new Adam(0.5));
    assertThat(config.isPretrainParam("any")).isFalse();
  }

  /** in → left → sum, in → right → sum, sum → out. */
  private static ComputationGraph branches() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.1))
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.feedForward(3))
                .addLayer("left", new DenseLayer.Builder().nOut(3).build(), "in")
                .addLayer("right", new DenseLayer.Builder().nOut(3).build(), "in")
                .addLayer("above", new DenseLayer.Builder().nOut(3).build(), "left")
                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "above", "right")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunction.MSE)
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build(),
                    "sum")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  @Test
  void onlyWhatDependsOnAnAdapterPassesGradientsDown() {
    WrappedGraph model = wrapped(branches());
    Part part = new Part(site(model, "left"));
    model.activate(List.of(new Slot("default", part, Values.random(5, part.parameters()))));

    assertThat(needed(model, "left")).isFalse();
    assertThat(needed(model, "right")).isFalse();
    assertThat(needed(model, "above")).isTrue();
    assertThat(needed(model, "out")).isTrue();
  }

  private static boolean needed(WrappedGraph model, String layer) {
    return ((AdaptedPart) model.network().getLayer(layer)).grafts().inputGradientNeeded();
  }

  @Test
  void aVertexWithoutParametersStaysWhatItIs() {
    WrappedGraph model = wrapped(branches());
    assertThat(model.originals()).containsOnlyKeys("left", "right", "above", "out");
    assertThat(model.network().getConfiguration().getVertices().get("sum"))
        .isInstanceOf(ElementWiseVertex.class);
  }
}
