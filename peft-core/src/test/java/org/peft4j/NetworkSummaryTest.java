package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;

/** A summary has the user's layers, by name and class, with what is frozen and what trains. */
class NetworkSummaryTest {
  private static List<String> lines(String summary) {
    return summary.lines().map(line -> line.replaceAll(" {3,}", " | ")).toList();
  }

  @Test
  void aNetworkShowsItsOwnLayers() {
    PeftModel<MultiLayerNetwork> model = TwoLayers.with("first");

    assertThat(lines(model.network().summary()))
        .containsExactly(
            "",
            "Name (Type) | nIn,nOut | Frozen | Trainable | Trainable tensors",
            "first (DenseLayer) | 2,2 | 6 | 2 | first.b.first:[2]",
            "out (OutputLayer) | 2,2 | 6 | 0 | -",
            "Frozen: 12. Trainable: 2.");
    assertThat(lines(model.network().summary(InputType.feedForward(2))).get(2))
        .endsWith("InputTypeFeedForward(2)");
  }

  @Test
  void aGraphShowsItsVerticesToo() {
    PeftModel<ComputationGraph> model = Peft.wrap(TwoLayers.graph(), TwoLayers.biasOf("out"));

    assertThat(lines(model.network().summary()))
        .contains("in (InputVertex) | - | 0 | 0 | -")
        .contains("first (DenseLayer) | 2,2 | 6 | 0 | -")
        .contains("out (OutputLayer) | 2,2 | 6 | 2 | out.b.default:[2]");
    assertThat(model.network().summary(InputType.feedForward(2))).contains("Output");
  }
}
