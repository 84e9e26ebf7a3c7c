package org.peft4j.adapter;

import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.RowProduct;

/**
 * One forward pass of a layer with its backward pass.
 *
 * @param kernels the kernels to compute with
 * @param training whether dropout applies
 * @param seed the seed of the pass' random masks: forward and backward draw the same
 * @param tape the forward pass' records for the backward pass
 * @param state what the layers of a pass share
 * @param product how the module where an adapter acts multiplies rows with its matrix
 */
public record Pass(
    Kernels kernels, boolean training, long seed, Tape tape, PassState state, RowProduct product) {
  /** A pass whose modules multiply each row for itself. */
  public Pass(Kernels kernels, boolean training, long seed, Tape tape, PassState state) {
    this(kernels, training, seed, tape, state, RowProduct.PLAIN);
  }

  /** A pass of a single layer, without a record. */
  public Pass(Kernels kernels, boolean training, long seed) {
    this(kernels, training, seed, Tape.NONE, new PassState());
  }

  /** The same pass, recorded on {@code other}. */
  public Pass on(Tape other) {
    return new Pass(kernels, training, seed, other, state, product);
  }

  /** The same pass, through a module that multiplies rows in another way. */
  public Pass through(RowProduct other) {
    return new Pass(kernels, training, seed, tape, state, other);
  }
}
