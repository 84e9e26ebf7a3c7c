package org.peft4j.bottleneck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.samediff.sites.GraphParts;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.GraphCase;
import org.peft4j.testing.GraphCases;
import org.peft4j.testing.Values;

/**
 * The places behind a convolution that was imported: its features are the last, then the second.
 */
class ImportedPlacesTest {
  private static final GraphCase CASE = GraphCases.named("images as ONNX imports have them");

  private static INDArray adapted(String place) {
    PeftModel<SameDiff> model =
        Peft.wrap(
            CASE.base(DataType.DOUBLE),
            BottleneckConfig.houlsby().reductionFactor(2).targetModules(place).build());
    long seed = 60;
    for (INDArray tensor : model.adapter(Peft.DEFAULT_ADAPTER).tensors().values()) {
      tensor.assign(Values.random(seed++, tensor.shape()));
    }
    return CASE.output(model.network(), DataType.DOUBLE);
  }

  private static String behind(SameDiff graph, String variable) {
    String next = GraphParts.variable(graph, variable).getInputsForOp().get(0);
    return GraphParts.op(graph, next).getOutputsOfOp().get(0);
  }

  /** An adapter changes each pixel's features, so turning them first makes no difference. */
  @Test
  void turnedFeaturesAreTheSameFeatures() {
    SameDiff graph = CASE.base(DataType.DOUBLE);
    String turned = behind(graph, "added");
    INDArray values = graph.outputSingle(Map.of("x", CASE.x(DataType.DOUBLE)), turned);
    assertThat(values.shape()).containsExactly(2, 8, 6, 5);
    INDArray difference = adapted(turned).sub(adapted("added"));
    assertThat(difference.amaxNumber().doubleValue()).isCloseTo(0, within(1e-12));
    INDArray base = CASE.output(graph, DataType.DOUBLE);
    assertThat(adapted(turned).sub(base).amaxNumber().doubleValue()).isGreaterThan(0.01);
  }

  @Test
  void everyVariableFromTheConvolutionToThePoolingIsAPlace() {
    SameDiff graph = CASE.base(DataType.DOUBLE);
    SDVariable pooled =
        graph.cnn.maxPooling2d(
            "pooled",
            graph.getVariable("h"),
            Pooling2DConfig.builder().kH(2).kW(2).sH(2).sW(2).isNHWC(false).build());
    List<String> places =
        Peft.bare(graph, 0).sites().stream()
            .filter(site -> site.kind() == SiteKind.SUBLAYER && site.outputs() == 8)
            .map(site -> site.name())
            .toList();
    assertThat(places).contains("added", behind(graph, "added"), "h", pooled.name()).hasSize(6);
  }

  @Test
  void aVariableWithoutKnownFeaturesIsRefusedByName() {
    assertThatThrownBy(() -> adapted("labels"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("labels");
  }
}
