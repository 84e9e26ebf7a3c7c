package org.peft4j.lora.internal.start;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.start.QuantizedWeights;
import org.peft4j.weight.FrozenWeight;

/**
 * A frozen weight W [out, in] as a quantised one and a product of rank r (LoftQ: Li et al., 2023,
 * algorithm 1), computed once, on first use. With R₁ = W, for t = 1 … T:
 *
 * <pre>
 * Q = quantised(Rₜ)
 * L·R = the closest of rank r to W − Q
 * Rₜ₊₁ = W − L·R
 * </pre>
 *
 * <p>T is small; each but the last needs a decomposition, and so does the first value of an
 * adapter. In memory beside Q is one weight at a time.
 */
final class LoftqParts {
  private final Site site;
  private final LoraShape shape;
  private final LoftQ settings;
  private final FrozenValues frozen;
  private @Nullable FrozenWeight quantized;

  LoftqParts(Site site, LoraShape shape, LoftQ settings, FrozenValues frozen) {
    this.site = site;
    this.shape = shape;
    this.settings = settings;
    this.frozen = frozen;
    long most = Math.min(site.inputs(), site.outputs());
    if (shape.rank() > most) {
      throw new PeftException(
          "init_lora_weights loftq needs a rank of at most "
              + most
              + " at "
              + site.name()
              + "; r is "
              + shape.rank()
              + " there.");
    }
    if (frozen.known()) {
      weight();
    }
  }

  /**
   * W.
   *
   * @throws PeftException if it is quantised already, so that nobody knows what it was before
   */
  FrozenWeight weight() {
    FrozenWeight weight = frozen.weight(site);
    if (weight.array().isEmpty()) {
      throw new PeftException(
          "init_lora_weights loftq begins with the weights before they are quantised, and "
              + site.name()
              + " is held as "
              + weight.format()
              + ". Give its original checkpoint beside it (LoftqInitialiser; --original on the"
              + " command line), or load the original without a quantization: LoftQ's own values"
              + " in "
              + settings.bits()
              + " bits act in place of its weights then.");
    }
    return weight;
  }

  /** Q. */
  synchronized FrozenWeight quantized() {
    if (quantized == null) {
      quantized = alternating();
    }
    return quantized;
  }

  private FrozenWeight alternating() {
    DataType products = weight().array().orElseThrow().dataType();
    try (INDArray matrix = weight().widened(DataType.DOUBLE)) {
      Optional<INDArray> rest =
          LowRankRest.last(
              matrix, settings.iterations(), shape.rank(), part -> nearest(part, products));
      FrozenWeight last = nearest(rest.orElse(matrix), products);
      rest.ifPresent(INDArray::close);
      return last;
    }
  }

  private FrozenWeight nearest(INDArray part, DataType products) {
    return QuantizedWeights.nearest(settings.quantization(), site.name(), part, products);
  }

  /**
   * Writes A and B, so that s·B·A is the closest of rank r to W − Q.
   *
   * @param a [r, in]
   * @param b [out, r]
   */
  synchronized void fill(INDArray a, INDArray b) {
    try (INDArray matrix = weight().widened(DataType.DOUBLE)) {
      LowRankRest.fill(LowRankRest.beside(matrix, quantized(), shape.rank()), shape.scale(), a, b);
    }
  }
}
