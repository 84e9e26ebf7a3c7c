package org.peft4j.lora.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.peft4j.Peft;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.GraphCases;
import org.peft4j.testing.Values;

/** What samediff-import-onnx 1.0.0-M2.1 makes of convolutions and of Gemm. */
class ImportedGraphTest {
  @Test
  void aKernelIsASiteInItsOwnOrderOfDimensions() {
    Site kernel =
        GraphCases.named("images as ONNX imports have them").sites().stream()
            .filter(site -> site.name().equals("kernel"))
            .findFirst()
            .orElseThrow();
    assertThat(kernel.kind()).isEqualTo(SiteKind.CONVOLUTION);
    assertThat(kernel.inputs()).isEqualTo(3);
    assertThat(kernel.outputs()).isEqualTo(8);
    assertThat(kernel.kernel()).containsExactly(2L, 3L);
    assertThat(kernel.parameters())
        .extracting(SiteParameter::name)
        .containsExactly("weight", "bias");
  }

  /** Its product has Gemm's β of 1, which adds what is in the output's memory, and no bias. */
  @Test
  void aProductThatAddsToMemoryIsRefused() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, 3);
    SDVariable w = graph.constant("w", Values.random(1, 3, 4).castTo(DataType.FLOAT));
    SDVariable y = x.mmul(w);
    LoraConfig config = LoraConfig.builder().targetModules("w").build();
    assertThat(Peft.plan(graph, config).parameters().trainable()).isEqualTo(8 * 7);
    DynamicCustomOp product = (DynamicCustomOp) graph.getVariableOutputOp(y.name());
    product.removeTArgument(0.0);
    product.addTArgument(1.0);
    assertThat(product.tArgs()).containsExactly(1, 1);
    assertThatThrownBy(() -> Peft.wrap(graph, config))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("ONNX's Gemm");
  }
}
