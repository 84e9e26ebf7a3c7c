package org.peft4j.adapter;

import org.peft4j.kernel.Kernels;

/**
 * One forward pass of a layer and the backward pass that belongs to it.
 *
 * @param kernels what to compute with
 * @param training whether dropout applies
 * @param seed the seed of this pass' random masks at this site: forward and backward draw the same
 * @param tape what the forward pass writes down for the backward pass
 * @param state what the layers of a pass share
 */
public record Pass(Kernels kernels, boolean training, long seed, Tape tape, PassState state) {
  /** A pass of a single layer that nothing is recorded of. */
  public Pass(Kernels kernels, boolean training, long seed) {
    this(kernels, training, seed, Tape.NONE, new PassState());
  }

  /** The same pass, recorded on {@code other}. */
  public Pass on(Tape other) {
    return new Pass(kernels, training, seed, other, state);
  }
}
