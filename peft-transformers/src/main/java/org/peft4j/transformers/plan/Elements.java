package org.peft4j.transformers.plan;

/**
 * The numbers of elements that a part of a model holds in training.
 *
 * @param kept from the forward to the backward pass
 * @param temporary at once in the backward pass, which needs more than the forward pass: for every
 *     module as if something acts on it, but without what adapters need for themselves; with the
 *     kernels of peft-onednn, of which the portable ones need up to twice as much
 */
record Elements(long kept, long temporary) {
  static final Elements NONE = new Elements(0, 0);

  Elements plus(Elements other) {
    return new Elements(kept + other.kept, temporary + other.temporary);
  }
}
