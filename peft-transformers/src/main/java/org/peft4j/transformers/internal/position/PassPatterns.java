package org.peft4j.transformers.internal.position;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.transformers.internal.batch.Documents;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.TokenIds;

/**
 * What the attentions of one pass through a model share: the attention pattern with its bias, and
 * the tables of relative positions. The first attention that asks a question makes the pattern;
 * later ones with an equal question get the same value.
 *
 * <p>Each thread has its own: a pass runs on one thread.
 */
public final class PassPatterns {
  /**
   * The inputs of a pattern.
   *
   * @param mask [rows, keys] or null; compared by identity
   * @param rows the number of sequences
   * @param queries the number of queries of each sequence
   * @param past the number of keys before the first query
   * @param keys the number of keys without the prefix, including unused slots of a cache
   * @param padding the number of hidden keys at the start of each row; null for none
   * @param window the number of keys that a query sees; 0 for all
   * @param prefix the number of keys before those of the tokens
   * @param bias the source of the scores' bias, compared by {@code equals}; null for none
   */
  public record Question(
      @Nullable INDArray mask,
      int rows,
      int queries,
      int past,
      int keys,
      int @Nullable [] padding,
      boolean causal,
      int window,
      int prefix,
      @Nullable Object bias) {
    private boolean same(Question other) {
      return mask == other.mask
          && rows == other.rows
          && queries == other.queries
          && past == other.past
          && keys == other.keys
          && Arrays.equals(padding, other.padding)
          && causal == other.causal
          && window == other.window
          && prefix == other.prefix
          && Objects.equals(bias, other.bias);
    }

    private AttentionPattern pattern() {
      AttentionPattern pattern =
          causal
              ? AttentionPattern.causal(past, queries, keys)
              : AttentionPattern.full(queries, keys);
      int[] shown = mask == null ? new int[0] : TokenIds.of(mask);
      if (Arrays.stream(shown).anyMatch(v -> v != 1)) {
        new Extent(rows, keys).requireMask(shown);
        pattern = pattern.withMask(rows, shown);
      }
      if (padding != null) {
        pattern = pattern.withLeftPadding(padding);
      }
      if (window > 0) {
        pattern = pattern.withWindow(window);
      }
      return pattern.withPrefix(prefix);
    }
  }

  /**
   * The rows of a table of relative positions in this pass, as its adapters change them.
   *
   * @param rows [buckets, heads]
   * @param gradient [buckets, heads], to which each attention adds; null if not needed
   */
  public record RelativeTable(INDArray rows, @Nullable INDArray gradient) {}

  private record Answer(Question question, AttentionPattern pattern) {}

  /** The documents of rows under a mask, null if each row is one. */
  private record Packed(INDArray mask, @Nullable Documents documents) {}

  private static final class Shared {
    private final List<Answer> answers = new ArrayList<>();
    private @Nullable Packed packed;
    private final Map<String, RelativeTable> tables = new HashMap<>();

    void clear() {
      answers.forEach(
          answer -> {
            INDArray bias = answer.pattern().bias();
            if (bias != null) {
              bias.close();
            }
          });
      answers.clear();
      packed = null;
      tables
          .values()
          .forEach(
              table -> {
                table.rows().close();
                if (table.gradient() != null) {
                  table.gradient().close();
                }
              });
      tables.clear();
    }
  }

  private final ThreadLocal<Shared> shared = ThreadLocal.withInitial(Shared::new);

  /** Begins a new pass: arrays may hold other values than in the last one. */
  public void begin() {
    shared.get().clear();
  }

  /**
   * The pattern for a question.
   *
   * @param bias makes the bias of the scores, [1 or batch, 1 or heads, queries, keys] outside of
   *     workspaces; called once a pass, and only if the question has a bias
   */
  public AttentionPattern of(Question question, Supplier<INDArray> bias) {
    List<Answer> answers = shared.get().answers;
    for (Answer answer : answers) {
      if (answer.question().same(question)) {
        return answer.pattern();
      }
    }
    AttentionPattern pattern = question.pattern();
    if (question.bias() != null) {
      pattern = pattern.withBias(bias.get());
    }
    answers.add(new Answer(question, pattern));
    return pattern;
  }

  /**
   * The documents that are packed in the rows of this pass.
   *
   * @param mask [rows, time], 0 for padding, or the number of a token's document; null for none
   * @return null if each row is one document
   */
  public @Nullable Documents documents(@Nullable INDArray mask) {
    if (mask == null) {
      return null;
    }
    Shared own = shared.get();
    Packed packed = own.packed;
    if (packed == null || packed.mask() != mask) {
      packed = new Packed(mask, Documents.of(TokenIds.of(mask), (int) mask.size(0)));
      own.packed = packed;
    }
    return packed.documents();
  }

  /** The table of that name in this pass; {@code make} makes it on first use. */
  public RelativeTable table(String name, Supplier<RelativeTable> make) {
    return shared.get().tables.computeIfAbsent(name, key -> make.get());
  }
}
