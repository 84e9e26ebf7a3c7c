package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.TwoLayers.biasOf;
import static org.peft4j.testing.Plain.assertClose;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.plan.TrainingMemory;

/** The entry point, for networks and graphs alike. */
class PeftTest {
  @Test
  void aGraphIsWrappedLikeANetwork() {
    ComputationGraph base = TwoLayers.graph();
    INDArray before = base.params().dup();
    PeftModel<ComputationGraph> model = Peft.wrap(base, biasOf("first", "out"));

    assertThat(model.base()).isSameAs(base);
    assertThat(model.active()).containsExactly("default");
    assertClose(model.network().outputSingle(TwoLayers.x()), TwoLayers.output());
    model.network().params().assign(4);
    double[] four = {4, 4};
    assertClose(model.network().outputSingle(TwoLayers.x()), TwoLayers.output(four, four));
    assertThat(model.mergeDifference(TwoLayers.x())).isLessThan(1e-12);
    assertClose(model.mergeAndUnload().outputSingle(TwoLayers.x()), TwoLayers.output(four, four));
    assertThat(base.params()).isEqualTo(before);
  }

  @Test
  void oneBaseCarriesSeveralModels() {
    MultiLayerNetwork base = TwoLayers.network();
    PeftModel<MultiLayerNetwork> one = Peft.wrap(base, biasOf("first"));
    PeftModel<MultiLayerNetwork> two = Peft.wrap(base, biasOf("first"));

    TwoLayers.set(one, "default", 10, 20);

    assertClose(TwoLayers.output(two), TwoLayers.output());
    one.close();
    assertClose(TwoLayers.output(two), TwoLayers.output());
  }

  @Test
  void theSeedIsTheConfigurationsUnlessOneIsGiven() {
    assertThat(Peft.wrap(TwoLayers.network(), biasOf("first")).training().masks().seed())
        .isEqualTo(3);
    assertThat(Peft.wrap(TwoLayers.network(), biasOf("first"), 9).training().masks().seed())
        .isEqualTo(9);
    assertThat(Peft.wrap(TwoLayers.graph(), biasOf("first")).training().masks().seed())
        .isEqualTo(3);
    assertThat(Peft.wrap(TwoLayers.graph(), biasOf("first"), 9).training().masks().seed())
        .isEqualTo(9);
  }

  @Test
  void aModelThatIsNotInitialisedIsRefused() {
    String message = "The base model is not initialised: call init() on it, or load it, first.";
    MultiLayerNetwork network =
        new MultiLayerNetwork(TwoLayers.network().getLayerWiseConfigurations());
    ComputationGraph graph = new ComputationGraph(TwoLayers.graph().getConfiguration());

    assertThatThrownBy(() -> Peft.wrap(network, biasOf("first")))
        .isInstanceOf(PeftException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> Peft.wrap(graph, biasOf("first")))
        .isInstanceOf(PeftException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> Peft.plan(network, biasOf("first"))).hasMessage(message);
  }

  @Test
  void aFolderWithoutAnAdapterIsRefusedForBoth(@TempDir Path folder) {
    assertThatThrownBy(() -> Peft.load(TwoLayers.network(), folder))
        .isInstanceOf(PeftException.class)
        .hasMessage("There is no adapter_model.safetensors in " + folder + ".");
    assertThatThrownBy(() -> Peft.load(TwoLayers.graph(), folder.resolve("none")))
        .isInstanceOf(PeftException.class)
        .hasMessage("There is no adapter folder " + folder.resolve("none") + ".");
  }

  @Test
  void aPlanCountsWhatWouldTrain() {
    AdapterPlan plan = Peft.plan(TwoLayers.network(), biasOf("first", "out"));

    assertThat(plan.parameters()).isEqualTo(new TrainableParameters(4, 12));
    // Eight bytes each, and Adam's two moments.
    assertThat(plan.memory()).isEqualTo(new TrainingMemory(12 * 8, 4 * 8, 4 * 8, 8 * 8, 0));
    assertThat(plan.adapters())
        .allSatisfy(adapter -> assertThat(adapter.copy()).isTrue())
        .flatExtracting(adapter -> adapter.tensors())
        .extracting(tensor -> tensor.key())
        .isEqualTo(List.of(TwoLayers.FIRST, TwoLayers.OUT));
    assertThat(Peft.plan(TwoLayers.graph(), biasOf("first", "out"))).isEqualTo(plan);
  }

  @Test
  void activationsAreTheOutputsAndFourTimesTheLargest() {
    InputType input = InputType.feedForward(2);

    // Two outputs of 2 and four times the largest, for 5 examples of 8 bytes.
    long bytes = (2 + 2 + 4 * 2) * 5 * 8;

    assertThat(Peft.plan(TwoLayers.network(), biasOf("first"), 5, input).memory().activations())
        .isEqualTo(bytes);
    assertThat(Peft.plan(TwoLayers.graph(), biasOf("first"), 5, input).memory().activations())
        .isEqualTo(bytes);
  }

  @Test
  void aPlanIsRefusedForTheReasonsThatWrappingIs() {
    assertThatThrownBy(() -> Peft.plan(TwoLayers.network(), biasOf("frist")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Target \"frist\" matches no site of this model.");
    assertThatThrownBy(
            () -> Peft.plan(TwoLayers.graph(), biasOf("first"), 0, InputType.feedForward(2)))
        .hasMessage("The batch is 0; allowed: 1 and above.");
    assertThatThrownBy(
            () -> Peft.plan(TwoLayers.network(), biasOf("first"), -3, InputType.feedForward(2)))
        .hasMessage("The batch is -3; allowed: 1 and above.");
  }

  @Test
  void aWholeModuleTrainsAsACopyWithTheAdapter() {
    PeftModel<MultiLayerNetwork> model =
        Peft.wrap(TwoLayers.network(), biasOf("first").toBuilder().modulesToSave("out").build());

    Objects.requireNonNull(model.adapter("default").tensors().get("base_model.model.out.W"))
        .muli(2);

    double[][] doubled = TwoLayers.output(TwoLayers.B1, new double[] {0, 0});
    for (double[] row : doubled) {
      row[0] = 2 * row[0];
      row[1] = 2 * row[1] + 1;
    }
    assertClose(TwoLayers.output(model), doubled);
    try (AdapterScope off = model.adaptersDisabled()) {
      assertClose(TwoLayers.output(model), TwoLayers.output());
    }
  }
}
