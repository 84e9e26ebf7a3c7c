package org.peft4j.transformers.architecture;

import java.util.OptionalDouble;
import org.peft4j.site.SiteRole;

/**
 * The output layer: {@code logits = cap(W·(multiplier·h) (+ b))}.
 *
 * @param linear its matrix and the name of its site
 * @param tied whether the matrix is the table of token embeddings
 * @param multiplier the factor of the hidden states
 * @param softCap c of {@code cap(z) = c·tanh(z/c)}
 */
public record HeadPart(LinearPart linear, boolean tied, double multiplier, OptionalDouble softCap) {
  /** A matrix without bias, [out, in] in checkpoints. */
  public static HeadPart of(String name, long in, long out, boolean tied, double deviation) {
    LinearPart linear = LinearPart.of(name, SiteRole.HEAD, in, out, false, deviation);
    return new HeadPart(linear, tied, 1, OptionalDouble.empty());
  }

  /** The same with a matrix of its own. */
  public HeadPart untied() {
    return new HeadPart(linear, false, multiplier, softCap);
  }

  /** The width of the logits. */
  public int outputs() {
    return Math.toIntExact(linear.outputs());
  }
}
