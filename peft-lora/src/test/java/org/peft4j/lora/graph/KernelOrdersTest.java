package org.peft4j.lora.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.testing.GraphCase;
import org.peft4j.testing.GraphCases;
import org.peft4j.testing.Values;

/** Convolutions whose kernels are in the orders that SameDiff cannot train. */
class KernelOrdersTest {
  static Stream<GraphCase> cases() {
    return GraphCases.otherKernels();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anAdapterActsAndMerges(GraphCase each) {
    DataType type = DataType.DOUBLE;
    SameDiff base = each.base(type);
    PeftModel<SameDiff> model =
        Peft.wrap(base, LoraConfig.builder().rank(2).alpha(3).targetModules("kernel").build());
    INDArray a = Values.random(5, 2, 3, 2, 3);
    INDArray b = Values.random(6, 8, 2, 1, 1);
    model.network().getVariable("default/kernel.lora_A.weight").getArr().assign(a);
    model.network().getVariable("default/kernel.lora_B.weight").getArr().assign(b);
    INDArray adapted = each.output(model.network(), type);

    // W' = W + 3/2·B·A, in the order of the kernel.
    INDArray delta = b.reshape(8, 2).mmul(a.reshape(2, 18)).muli(1.5).reshape(8, 3, 2, 3);
    boolean last = base.getVariable("kernel").getArr().size(1) == 2;
    SameDiff changed = each.base(type);
    changed.getVariable("kernel").getArr().addi(last ? delta.permute(0, 2, 3, 1) : delta);
    INDArray expected = each.output(changed, type);
    assertThat(adapted.sub(expected).amaxNumber().doubleValue()).isCloseTo(0, within(1e-12));
    INDArray merged = each.output(model.mergeAndUnload(), type);
    assertThat(merged.sub(expected).amaxNumber().doubleValue()).isCloseTo(0, within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sameDiffItselfCannotTrainThem(GraphCase each) {
    SameDiff base = each.base(DataType.DOUBLE);
    assertThatThrownBy(
            () -> base.calculateGradients(each.values(DataType.DOUBLE), List.of("kernel")))
        .hasMessageContaining("conv2d_bp");
  }
}
