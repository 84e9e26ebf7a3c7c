package org.peft4j.ia3.internal;

import java.util.List;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.ScalingAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * The vector l at one site: {@code y = l ⊙ (W·x + b)}, or {@code y = W·(l ⊙ x) + b} in a
 * feed-forward layer. Liu et al. 2022, section 3.3. As in Hugging Face PEFT, but not in the paper,
 * l acts on a projection's output; the only difference is that it scales the bias too.
 *
 * @param site a linear map or a convolution
 * @param scalesInput whether it is in a feed-forward layer
 * @param random whether l starts from N(0, 1), for tests, instead of 1
 */
record Ia3Scale(Site site, boolean scalesInput, boolean random) implements ScalingAdapter {
  static final String L = "ia3_l";

  @Override
  public List<ParameterSpec> parameters() {
    Initializer first = random ? Initializer.normal(1) : (target, generator) -> target.assign(1);
    return List.of(ParameterSpec.of(L, first, shape()));
  }

  /** As in Hugging Face PEFT: [1, in] or [out, 1]; [1, channels, 1, …] for a convolution. */
  private long[] shape() {
    long features = scalesInput ? site.inputs() : site.outputs();
    if (site.kind() == SiteKind.CONVOLUTION) {
      LongStream extents = site.kernel().stream().mapToLong(extent -> 1);
      return LongStream.concat(LongStream.of(1, features), extents).toArray();
    }
    return scalesInput ? new long[] {1, features} : new long[] {features, 1};
  }

  @Override
  public INDArray scale(Tensors tensors) {
    INDArray l = tensors.get(L);
    return l.reshape('c', new long[] {l.length()});
  }
}
