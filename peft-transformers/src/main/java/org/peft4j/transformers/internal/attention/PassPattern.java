package org.peft4j.transformers.internal.attention;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.TokenIds;

/**
 * The attention pattern of the pass that runs on this thread. The first block that asks makes it;
 * the blocks after it, whose question is the same, get the same value.
 */
public final class PassPattern {
  /**
   * What a pattern is made of.
   *
   * @param mask [batch, time] or null; compared by identity
   * @param past how many keys came before
   * @param keys all keys, with unused slots of a cache
   * @param padding how many of each row's first keys are hidden; null if none are
   */
  private record Question(
      @Nullable INDArray mask, Extent extent, int past, int keys, int @Nullable [] padding) {
    @SuppressWarnings("ReferenceEquality") // Comparing the values would read them in every block.
    boolean same(Question other) {
      return mask == other.mask
          && extent.equals(other.extent)
          && past == other.past
          && keys == other.keys
          && Arrays.equals(padding, other.padding);
    }
  }

  private record Answer(Question question, AttentionPattern pattern) {}

  private final ThreadLocal<@Nullable Answer> last = new ThreadLocal<>();

  /** A new pass begins: arrays may hold other values than in the last. */
  public void begin() {
    last.remove();
  }

  /**
   * Causal, and hiding the keys where {@code mask} is 0.
   *
   * @param mask [batch, time] or null
   */
  public AttentionPattern of(@Nullable INDArray mask, Extent extent) {
    return answer(new Question(mask, extent, 0, (int) extent.time(), null));
  }

  /**
   * For new queries after {@code past} positions, over a cache of {@code slots}.
   *
   * @param padding for each sequence, how many of its first keys are hidden; null if none are
   */
  public AttentionPattern stepping(int past, Extent extent, int slots, int @Nullable [] padding) {
    return answer(new Question(null, extent, past, slots, padding));
  }

  private AttentionPattern answer(Question question) {
    Answer known = last.get();
    if (known == null || !known.question().same(question)) {
      known = new Answer(question, make(question));
      last.set(known);
    }
    return known.pattern();
  }

  private static AttentionPattern make(Question question) {
    Extent extent = question.extent();
    int time = Math.toIntExact(extent.time());
    AttentionPattern pattern = AttentionPattern.causal(question.past(), time, question.keys());
    INDArray mask = question.mask();
    int[] shown = mask == null ? new int[0] : TokenIds.of(mask);
    if (Arrays.stream(shown).anyMatch(v -> v == 0)) {
      requireShape(shown, extent);
      pattern = pattern.withMask((int) extent.batch(), shown);
    }
    int[] padding = question.padding();
    return padding == null ? pattern : pattern.withLeftPadding(padding);
  }

  private static void requireShape(int[] shown, Extent extent) {
    if (shown.length != extent.rows()) {
      throw new PeftException(
          "The attention mask has "
              + shown.length
              + " elements; input_ids have "
              + extent.rows()
              + " (["
              + extent.batch()
              + ", "
              + extent.time()
              + "]). It must be of their shape.");
    }
  }
}
