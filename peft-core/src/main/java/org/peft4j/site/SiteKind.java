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
  PARAMETERS,
  /**
   * The keys and values of an attention: {@code inputs} heads of them, each {@code outputs} wide.
   */
  ATTENTION,
  /**
   * The output of a sub-layer, [rows, outputs], before what came in, {@code inputs} wide, is added
   * to it; {@code inputs} is 0 where nothing is added.
   */
  SUBLAYER,
  /**
   * The place before the first embedding of a sequence; {@code outputs} is an embedding's width.
   */
  PROMPT;

  /**
   * Whether it is a module with parameters, as a checkpoint names it, and not a place between
   * modules.
   */
  public boolean isModule() {
    return this != ATTENTION && this != SUBLAYER && this != PROMPT;
  }
}
