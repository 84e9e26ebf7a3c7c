package org.peft4j.adapter;

import org.peft4j.kernel.Kernels;

/**
 * One forward pass of a layer with its backward pass.
 *
 * @param kernels the kernels to compute with
 * @param training whether dropout applies
 * @param seed the seed of the pass' random masks: forward and backward draw the same
 * @param tape the forward pass' records for the backward pass
 * @param state what the layers of a pass share
 */
public record Pass(Kernels kernels, boolean training, long seed, Tape tape, PassState state) {
  /** A pass of a single layer, without a record. */
  public Pass(Kernels kernels, boolean training, long seed) {
    this(kernels, training, seed, Tape.NONE, new PassState());
  }

  /** The same pass, recorded on {@code other}. */
  public Pass on(Tape other) {
    return new Pass(kernels, training, seed, other, state);
  }
}
