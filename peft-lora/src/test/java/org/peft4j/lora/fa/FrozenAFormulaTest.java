package org.peft4j.lora.fa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.internal.LoraMethod;
import org.peft4j.lora.internal.StubAdapter;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** LoRA-FA: A's gradient is zero, B's {@code g·(A·Aᵀ + δ·I)⁻¹/s²}. */
class FrozenAFormulaTest {
  private static final LoraConfig CONFIG = LoraConfig.builder().rank(2).alpha(6).build();

  private static StubAdapter stub(LoraConfig config, Site site) {
    Adapter part =
        new LoraMethod()
            .inject(site, config, Frozen.of(site, Values.random(9, 3, 4)).injection())
            .orElseThrow();
    return new StubAdapter(config, List.of(part));
  }

  private static Site site(String kind) {
    return kind.equals("embedding")
        ? Site.embedding("up", "up", 4, 3, List.of())
        : kind.equals("convolution")
            ? Site.convolution("up", "up", 2, 3, List.of(2L), List.of())
            : Site.linear("up", "up", 4, 3, List.of());
  }

  /**
   * With g = s·D·Aᵀ for the gradient D of the weight, the step of the weight is {@code s·ΔB·A =
   * D·Aᵀ·(A·Aᵀ)⁻¹·A}: what of D lies in the rows of A.
   */
  @ParameterizedTest
  @ValueSource(strings = {"linear", "embedding", "convolution"})
  void theWeightMovesByItsGradientWithinTheRowsOfA(String kind) {
    StubAdapter adapter = stub(CONFIG, site(kind));
    List<INDArray> tensors = List.copyOf(adapter.tensors().values());
    List<INDArray> gradients = List.copyOf(adapter.gradients().values());
    INDArray a = matrix(tensors.get(0));
    INDArray d = Values.random(5, 3, 4);
    gradients.get(0).assign(7);
    gradients.get(1).assign(d.mmul(a.transpose()).mul(3).reshape(gradients.get(1).shape()));

    new FrozenA(adapter).beforeUpdate(0);

    assertThat(gradients.get(0).amaxNumber().doubleValue()).isZero();
    INDArray step = matrix(gradients.get(1)).mmul(a).mul(3);
    // A step that is in the rows of A, and less D across them.
    assertThat(step.mmul(a.transpose()).distance2(d.mmul(a.transpose()))).isLessThan(1e-6);
    INDArray basis = Nd4j.concat(0, a, step);
    assertThat(rank(basis)).isEqualTo(2);
  }

  private static INDArray matrix(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').reshape('c', array.size(0), -1);
  }

  /** How many directions rows have, by orthogonalising them one after the other. */
  private static int rank(INDArray rows) {
    INDArray left = rows.dup('c');
    int rank = 0;
    for (int i = 0; i < left.size(0); i++) {
      INDArray direction = left.getRow(i).dup();
      double norm = direction.norm2Number().doubleValue();
      if (norm > 1e-6) {
        rank++;
        direction.divi(norm);
        for (int j = i + 1; j < left.size(0); j++) {
          double along = Values.inner(left.getRow(j), direction);
          left.getRow(j).subi(direction.mul(along));
        }
      }
    }
    return rank;
  }

  @Test
  void parametersStay() {
    StubAdapter adapter = stub(CONFIG, site("linear"));
    INDArray a = Objects.requireNonNull(adapter.tensors().get("base_model.model.up.lora_A.weight"));
    INDArray before = a.dup();
    FrozenA hook = new FrozenA(adapter);

    hook.beforeUpdate(0);
    hook.afterUpdate(0);

    assertThat(a).isEqualTo(before);
  }

  @Test
  void moreThanBTimesAIsRefused() {
    StubAdapter dora = stub(CONFIG.toBuilder().dora(true).build(), site("linear"));

    assertThatThrownBy(() -> new FrozenA(dora))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"stub\" is more than B·A at up; LoRA-FA needs plain LoRA, without its own"
                + " biases and modules.");
  }
}
