package org.peft4j.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.testing.Values;

/** Named arrays, and what describes them. */
class TensorsTest {
  private static Tensors two() {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    arrays.put("b", Values.random(1, 2, 3));
    arrays.put("a", Values.random(2, 4));
    return new Tensors(arrays);
  }

  @Test
  void arraysAreFoundByNameAndKeepTheirOrder() {
    Tensors tensors = two();

    assertThat(tensors.get("a")).isEqualTo(Values.random(2, 4));
    assertThat(tensors.asMap().keySet()).containsExactly("b", "a");
  }

  @Test
  void aNameThatIsNotThereIsToldWithThoseThatAre() {
    assertThatThrownBy(() -> two().get("c"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("No tensor \"c\" here. There are: [b, a].");
  }

  @Test
  void aDetachedCopySharesNoMemory() {
    Tensors tensors = two();

    Tensors copy = tensors.detachedCopy();
    copy.get("a").assign(0);

    assertThat(tensors.get("a")).isEqualTo(Values.random(2, 4));
    tensors.assign(copy);
    assertThat(tensors.get("a")).isEqualTo(Values.zeros(4));
    assertThat(tensors.get("b")).isEqualTo(Values.random(1, 2, 3));
  }

  @Test
  void closingFreesOwnArraysAndLeavesViews() {
    INDArray whole = Values.random(3, 6);
    Tensors tensors =
        new Tensors(
            Map.of("own", Values.random(4, 2), "view", whole.get(NDArrayIndex.interval(0, 2))));

    tensors.close();
    tensors.close();

    assertThat(tensors.get("own").wasClosed()).isTrue();
    assertThat(whole.wasClosed()).isFalse();
    assertThat(whole).isEqualTo(Values.random(3, 6));
  }

  @Test
  void aSpecCountsItsElements() {
    ParameterSpec spec = ParameterSpec.of("lora_A.weight", Initializer.zeros(), 3, 4, 5);

    assertThat(spec.count()).isEqualTo(60);
    assertThat(spec.shape()).isEqualTo(List.of(3L, 4L, 5L));
    assertThat(spec.shapeArray()).containsExactly(3, 4, 5);
    ParameterSpec huge = ParameterSpec.of("x", Initializer.zeros(), Long.MAX_VALUE, 2);
    assertThatThrownBy(huge::count).isInstanceOf(ArithmeticException.class);
  }
}
