package org.peft4j.lora;

/**
 * The first values of A and B. All except {@link #RANDOM} keep the model's outputs, {@link #LOFTQ}
 * nearly.
 */
public enum LoraInit {
  /** A uniform on ±1/√in, B zero: {@code init_lora_weights: true}, the default. */
  STANDARD("true"),
  /** A normal with standard deviation 1/r, B zero: {@code "gaussian"}. */
  GAUSSIAN("gaussian"),
  /**
   * A uniform on ±1/√in, B uniform on ±1/√r: {@code false}. The model's outputs change at once; for
   * tests.
   */
  RANDOM("false"),
  /**
   * The r largest parts of the weight's singular value decomposition (Meng et al. 2024): {@code
   * "pissa"}. The computation is exact. Linear modules only.
   */
  PISSA("pissa"),
  /**
   * {@code "pissa_niter_16"} and the like: in Python a random approximation of {@link #PISSA},
   * which cannot be computed again, so a saved adapter with it is refused. A new adapter starts
   * exactly, and is saved as {@code "pissa"}.
   */
  APPROXIMATE_PISSA("pissa_niter_16"),
  /**
   * The principal components of the module's inputs (Paischer et al. 2024): {@code "eva"}. A saved
   * adapter needs nothing more; a new one needs data: see {@link
   * org.peft4j.lora.eva.EvaInitialiser}, which begins with {@link #STANDARD}.
   */
  EVA("eva"),
  /**
   * The first r of the weight's QR decomposition (Büyükakyüz 2024): {@code "olora"}. Exact; linear
   * modules only.
   */
  OLORA("olora"),
  /** A and B orthogonal to each other: {@code "orthogonal"}. Even ranks, linear modules only. */
  ORTHOGONAL("orthogonal"),
  /**
   * Minor components (MiCA, arXiv 2604.01694): A zero, B the left singular vectors of the weight's
   * r smallest singular values, and B stays as it is: {@code "mica"}. Exact; linear modules and
   * embeddings.
   */
  MICA("mica"),
  /**
   * The frozen weight quantised, and the r largest parts of what that loses (LoftQ: Li et al.,
   * 2023): {@code "loftq"}, with the settings of {@link LoftQ}. Exact; linear modules whose weights
   * are numbers.
   */
  LOFTQ("loftq");

  private final String json;

  LoraInit(String json) {
    this.json = json;
  }

  /** The value of {@code init_lora_weights}. */
  public String json() {
    return json;
  }

  /** Whether the frozen weight loses the first B·A. */
  public boolean shifts() {
    return this == PISSA || this == APPROXIMATE_PISSA || this == OLORA;
  }
}
