package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.DenseWeight;

/** The gradient of a parameter that acts several times in a pass. */
class GradientSumTest {
  private static final SiteParameter BIAS = SiteParameter.bias("bias", 3);

  private static Graft graft(String name, INDArray gradient) {
    Site site = Site.linear(name, name, 2, 3, List.of(BIAS));
    TrainableCopy copy =
        new TrainableCopy(
            site, List.of(BIAS), "", p -> DenseWeight.of(Nd4j.createFromArray(1.0, 2.0, 3.0)));
    Graft graft =
        new Graft(
            "default", copy, new Tensors(Map.of("bias", Nd4j.createFromArray(0.1, 0.2, 0.3))));
    graft.setGradients(new Tensors(Map.of("bias", gradient)));
    return graft;
  }

  @Test
  void addsWhatEachUseWritesAndTakesNothingFromTheUseBefore() {
    INDArray first = Nd4j.createFromArray(7.0, 7.0, 7.0);
    INDArray second = Nd4j.createFromArray(8.0, 8.0, 8.0);
    SharedState shared = SharedState.of(1);
    List<Graft> grafts = List.of(graft("a", first), graft("b", second));
    LayerGrafts layer =
        new LayerGrafts(
            grafts.stream()
                .map(g -> new SiteGrafts(g.adapter().site(), List.of(g), shared))
                .toList(),
            shared,
            new Nd4jKernels(),
            true);

    try (GradientSum sum = new GradientSum(layer)) {
      sum.begin();
      first.assign(Nd4j.createFromArray(1.0, 2.0, 3.0));
      second.assign(Nd4j.createFromArray(4.0, 5.0, 6.0));
      sum.add();
      sum.begin();
      first.assign(Nd4j.createFromArray(10.0, 20.0, 30.0)); // The second is not written.
      sum.add();
      sum.finish();
    }

    assertThat(first).isEqualTo(Nd4j.createFromArray(11.0, 22.0, 33.0));
    assertThat(second).isEqualTo(Nd4j.createFromArray(4.0, 5.0, 6.0));
  }
}
