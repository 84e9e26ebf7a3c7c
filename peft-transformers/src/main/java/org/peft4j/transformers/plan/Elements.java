package org.peft4j.transformers.plan;

/**
 * The number of elements that a part of a model holds in training, without adapters' own arrays,
 * with the kernels of peft-onednn; the portable kernels need up to twice as much.
 *
 * @param kept from the forward to the backward pass
 * @param exact of these, what is never rounded: statistics
 * @param forward the most at once in the forward pass, beside what is kept
 * @param again likewise in a forward pass that is repeated for the backward pass, without a result
 * @param temporary the most at once in the backward pass, beside what is kept
 */
record Elements(long kept, long exact, long forward, long again, long temporary) {
  static final Elements NONE = new Elements(0, 0, 0, 0);

  Elements(long kept, long forward, long again, long temporary) {
    this(kept, 0, forward, again, temporary);
  }

  /** Elements of the backward pass alone. */
  static Elements temporary(long count) {
    return new Elements(0, 0, 0, count);
  }

  /** Elements that are kept and never rounded. */
  static Elements exact(long count) {
    return new Elements(count, count, 0, 0, 0);
  }

  /** What is kept and may be rounded. */
  long rounded() {
    return kept - exact;
  }

  Elements plus(Elements other) {
    return new Elements(
        kept + other.kept,
        exact + other.exact,
        forward + other.forward,
        again + other.again,
        temporary + other.temporary);
  }
}
