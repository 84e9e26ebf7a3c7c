package org.peft4j.site;

/** What a {@link Site} computes, and therefore what can be grafted on it. */
public enum SiteKind {
  /** A linear map {@code y = W·x (+ b)} with {@code W} of shape [out, in]. */
  LINEAR,
  /** A table of vectors: row {@code id} of {@code W} [vocabulary, dim]. */
  EMBEDDING,
  /** A convolution with kernels {@code W} [out, in, …kernel]. */
  CONVOLUTION,
  /** A normalisation with a gain and, maybe, a bias. */
  NORM,
  /**
   * Parameters of another sort: they can be trained as a copy, but nothing can be grafted on them.
   */
  PARAMETERS
}
