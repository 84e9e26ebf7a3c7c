package org.peft4j.lora;

/**
 * The task of an adapter, with the settings of {@link PeftConfigs}. Published runs used them, if
 * nothing else is said; they are starting points:
 *
 * <ul>
 *   <li>classification: r and α of LoRA's runs of RoBERTa large on GLUE (Hu et al. 2021,
 *       arXiv:2106.09685);
 *   <li>generation: α of LoRA's run of GPT-2 on E2E, at a rank between its 4 and QLoRA's 64;
 *       dropout of QLoRA's largest models (Dettmers et al. 2023, arXiv:2305.14314);
 *   <li>translation: r, α and dropout of the sequence-to-sequence example, mT0 large, in Hugging
 *       Face PEFT's quicktour;
 *   <li>summarisation: as generation, with the dropout of LoRA's run of GPT-2 on E2E;
 *   <li>embedding: this project's example on all-MiniLM-L6-v2;
 *   <li>preference: as generation, without dropout, which TRL turns off, too.
 * </ul>
 *
 * <p>Hugging Face PEFT's own defaults, for any task, are r 8, α 8 and no dropout.
 */
public enum Task {
  // rank, alpha, dropout
  TEXT_CLASSIFICATION(8, 16, 0.1),
  GENERATION(16, 32, 0.05),
  TRANSLATION(8, 32, 0.1),
  SUMMARISATION(16, 32, 0.1),
  EMBEDDING(8, 16, 0),
  PREFERENCE(16, 32, 0);

  private final int rank;
  private final double alpha;
  private final double dropout;

  Task(int rank, double alpha, double dropout) {
    this.rank = rank;
    this.alpha = alpha;
    this.dropout = dropout;
  }

  /** r for models of up to 10 billion parameters. */
  public int rank() {
    return rank;
  }

  /** α for models of up to 10 billion parameters. */
  public double alpha() {
    return alpha;
  }

  /** Dropout for models of any size. */
  public double dropout() {
    return dropout;
  }
}
