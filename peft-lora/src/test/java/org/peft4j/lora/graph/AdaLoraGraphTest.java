package org.peft4j.lora.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.testing.Values;

/** AdaLoRA's term of the loss in a graph of SameDiff. */
class AdaLoraGraphTest {
  private static final int RANK = 2;

  private final Map<String, INDArray> values =
      Map.of("x", Values.random(1, 5, 3), "labels", Values.random(2, 5, 4));

  /** {@code w/2·(‖A·Aᵀ − I‖ + ‖Bᵀ·B − I‖)} of the only target (Zhang et al. 2023, equation 4). */
  @Test
  void theLossHasTheTermOnce() {
    SameDiff base = graph();
    double plain = base.outputSingle(values, "loss").getDouble(0);
    SameDiff graph = wrap(base).network();
    INDArray a = Values.random(3, RANK, 3);
    INDArray b = Values.random(4, 4, RANK);
    graph.getVariable("default/w.lora_A").getArr().assign(a);
    graph.getVariable("default/w.lora_B").getArr().assign(b);
    double term = 0.25 * (defect(a.mmul(a.transpose())) + defect(b.transpose().mmul(b)));
    assertThat(graph.outputSingle(values, "loss").getDouble(0) - plain)
        .isCloseTo(term, within(1e-12));
    INDArray each = graph.outputSingle(values, "errors");
    assertThat(each.sumNumber().doubleValue()).isCloseTo(plain, within(1e-12));
  }

  /** A loss of several elements is the sum of them. */
  @Test
  void aLossOfSeveralElementsHasItToo() {
    SameDiff base = graph();
    base.setLossVariables("errors");
    double plain = base.outputSingle(values, "errors").sumNumber().doubleValue();
    SameDiff graph = wrap(base).network();
    INDArray a = Values.random(3, RANK, 3);
    graph.getVariable("default/w.lora_A").getArr().assign(a);
    graph.getVariable("default/w.lora_B").getArr().assign(0);
    double term = 0.25 * (defect(a.mmul(a.transpose())) + Math.sqrt(RANK));
    assertThat(graph.outputSingle(values, "errors").sumNumber().doubleValue() - plain)
        .isCloseTo(term, within(1e-12));
  }

  private static double defect(INDArray product) {
    return product.sub(Nd4j.eye(RANK).castTo(DataType.DOUBLE)).norm2Number().doubleValue();
  }

  @Test
  void anotherLossIsRefusedUntilTheAdapterIsActivatedAgain() {
    PeftModel<SameDiff> model = wrap(graph());
    SameDiff graph = model.network();
    graph.setLossVariables("other");
    assertThatThrownBy(() -> graph.calculateGradients(values, "default/w.lora_A"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("loss variables are now [other]");
    double before = graph.outputSingle(values, "other").getDouble(0);
    model.setActive("default");
    assertThat(graph.outputSingle(values, "other").getDouble(0)).isGreaterThan(before);
    assertThat(graph.calculateGradients(values, "default/w.lora_A")).hasSize(1);
  }

  /** Without a loss there is nothing to add to, and nothing to train. */
  @Test
  void aGraphWithoutALossComputesOutputs() {
    SameDiff base = graph();
    base.setLossVariables(new String[0]);
    assertThat(wrap(base).network().outputSingle(values, "y"))
        .isEqualTo(base.outputSingle(values, "y"));
  }

  private static PeftModel<SameDiff> wrap(SameDiff base) {
    return Peft.wrap(
        base,
        AdaLoraConfig.builder()
            .initR(RANK)
            .targetR(1)
            .totalStep(10)
            .orthRegWeight(0.5)
            .targetModules("w")
            .build());
  }

  private static SameDiff graph() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.DOUBLE, -1, 3);
    SDVariable y = x.mmul("y", graph.constant("w", Values.random(5, 3, 4)));
    SDVariable labels = graph.placeHolder("labels", DataType.DOUBLE, -1, 4);
    SDVariable errors = graph.math.square("errors", y.sub(labels));
    errors.sum("loss");
    graph.math.abs(y).mean("other");
    graph.setLossVariables("loss");
    return graph;
  }
}
