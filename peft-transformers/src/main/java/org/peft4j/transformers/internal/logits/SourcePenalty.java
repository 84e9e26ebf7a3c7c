package org.peft4j.transformers.internal.logits;

/**
 * Changes the logits of tokens of the text that the row is made of, a prompt or the text of an
 * encoder, each once: {@code l·θ} if positive, {@code l/θ} if negative, so that above 1 they are
 * likelier. In Hugging Face transformers {@code encoder_repetition_penalty}.
 *
 * <p>With beams, transformers 5.18 changes the logits of the first beams only, by texts of other
 * rows; here each beam has its own row's.
 */
public final class SourcePenalty implements LogitsProcessor {
  private final RepetitionPenalty inverse;
  private final int[] source;

  /**
   * A rule.
   *
   * @param penalty θ
   * @param source the text, padding included
   */
  public SourcePenalty(double penalty, int[] source) {
    this.inverse = new RepetitionPenalty(1 / penalty);
    this.source = source.clone();
  }

  @Override
  public float[] apply(int[] ids, float[] logits) {
    return inverse.apply(source, logits);
  }
}
