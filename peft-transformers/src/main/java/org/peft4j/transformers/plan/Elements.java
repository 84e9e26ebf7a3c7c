package org.peft4j.transformers.plan;

/**
 * The number of elements that a part of a model holds in training.
 *
 * @param kept from the forward to the backward pass
 * @param temporary the most at once in the backward pass, which needs more than the forward pass.
 *     Counts every module as adapted, without the adapters' own arrays, with the kernels of
 *     peft-onednn; the portable kernels need up to twice as much
 */
record Elements(long kept, long temporary) {
  static final Elements NONE = new Elements(0, 0);

  Elements plus(Elements other) {
    return new Elements(kept + other.kept, temporary + other.temporary);
  }
}
