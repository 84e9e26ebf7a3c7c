package org.peft4j.lora.internal.start;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.internal.algebra.PrincipalParts;
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
              + ". Load the original model without a quantization: LoftQ's own values in "
              + settings.bits()
              + " bits act in place of its weights then. Or take another start.");
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
    FrozenWeight now = null;
    for (int t = 1; t <= settings.iterations(); t++) {
      INDArray rest = weight().widened(now == null ? DataType.FLOAT : DataType.DOUBLE);
      if (now != null) {
        PrincipalParts parts = partsBeside(now);
        rest.subi(parts.left().mmul(parts.right()));
        now.close();
      }
      now = QuantizedWeights.nearest(settings.quantization(), site.name(), rest, products);
      rest.close();
    }
    return Objects.requireNonNull(now);
  }

  /** The largest parts of W − Q. */
  private PrincipalParts partsBeside(FrozenWeight q) {
    INDArray difference = weight().widened(DataType.DOUBLE);
    INDArray values = q.widened(DataType.DOUBLE);
    difference.subi(values);
    values.close();
    PrincipalParts parts = PrincipalParts.of(difference, shape.rank());
    difference.close();
    return parts;
  }

  /**
   * Writes A = √(S/s)·R and B = L·√(S/s), so that s·B·A is the closest of rank r to W − Q. Hugging
   * Face PEFT leaves out s.
   *
   * @param a [r, in]
   * @param b [out, r]
   */
  synchronized void fill(INDArray a, INDArray b) {
    PrincipalParts parts = partsBeside(quantized());
    for (int i = 0; i < shape.rank(); i++) {
      double value = parts.values()[i];
      a.getRow(i).assign(parts.right().getRow(i).mul(Math.sqrt(value / shape.scale())));
      b.getColumn(i)
          .assign(
              parts.left().getColumn(i).mul(value == 0 ? 0 : 1 / Math.sqrt(value * shape.scale())));
    }
  }
}
