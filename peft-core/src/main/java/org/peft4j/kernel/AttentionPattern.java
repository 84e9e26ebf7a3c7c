package org.peft4j.kernel;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Which keys each query of an attention sees. The model makes a pattern once a pass; kernels read
 * it and skip hidden keys, without a mask array.
 *
 * <p>With P keys of a prefix, query i sees key j
 *
 * <ul>
 *   <li>if {@code j < P}: every query sees the prefix, or what a window leaves of it; otherwise
 *   <li>if its row shows the key {@code j − P}, because it is not padding,
 *   <li>and, in a causal pattern, {@code j − P ≤ past + i}: keys up to the query's own position,
 *   <li>and both belong to the same of the row's documents,
 *   <li>and, with a window w, {@code j − P > past + i − w}: the last w of those; in a pattern that
 *       is not causal {@code |j − P − i| < w}, so many on either side, its own position on both.
 * </ul>
 *
 * <p>In a causal pattern with a window, the prefix is the P positions before the first shown key f
 * of the row or the document, as if padding were not there: query i sees key {@code j < P} if
 * {@code j > P + past + i − f − w}. In any other pattern, every query sees all of the prefix.
 *
 * <p>A query that sees no key at all, such as one of left padding, is blind: it attends to all S
 * keys equally, whatever its scores and bias.
 *
 * <p>Immutable: the {@code with} methods give changed copies.
 */
public final class AttentionPattern {
  private static final int UNLIMITED = Integer.MAX_VALUE;

  /** Receives the keys {@code from} to {@code end}, exclusive. */
  @FunctionalInterface
  public interface Run {
    void accept(int from, int end);
  }

  private final int queries;
  private final int keys;
  private final boolean causal;
  private final int past;
  private final int window;
  private final int prefix;
  private final @Nullable ShownKeys shown;
  private final @Nullable INDArray bias;

  /** The blind queries of each row. */
  private final int[][] blind;

  private AttentionPattern(
      int queries,
      int keys,
      boolean causal,
      int past,
      int window,
      int prefix,
      @Nullable ShownKeys shown,
      @Nullable INDArray bias) {
    this.queries = queries;
    this.keys = keys;
    this.causal = causal;
    this.past = past;
    this.window = window;
    this.prefix = prefix;
    this.shown = shown;
    this.bias = bias;
    this.blind = new int[shown == null ? 1 : shown.rows()][0];
    for (int i = 0; shown != null && i < blind.length; i++) {
      int row = i;
      blind[i] = IntStream.range(0, queries).filter(q -> isBlind(shown, row, q)).toArray();
    }
  }

  /** Each query sees the keys up to its own position; there are as many keys as queries. */
  public static AttentionPattern causal(int queries) {
    return causal(0, queries, queries);
  }

  /**
   * Each query sees the keys up to its own position, and the first query is at position {@code
   * past}.
   *
   * @param past the number of keys before the first query
   * @param keys all keys; those from {@code past + queries} on are hidden, such as the unused slots
   *     of a cache
   */
  public static AttentionPattern causal(int past, int queries, int keys) {
    if (past < 0 || queries < 1 || keys < past + queries) {
      throw new IllegalArgumentException(
          queries
              + " queries after "
              + past
              + " keys over "
              + keys
              + " keys; allowed: at least one query, and keys for past and queries.");
    }
    return new AttentionPattern(queries, keys, true, past, UNLIMITED, 0, null, null);
  }

  /** Each query sees all keys: attention in both directions, or to another sequence. */
  public static AttentionPattern full(int queries, int keys) {
    if (queries < 1 || keys < 1) {
      throw new IllegalArgumentException(
          queries + " queries and " + keys + " keys; allowed: at least one of each.");
    }
    return new AttentionPattern(queries, keys, false, 0, UNLIMITED, 0, null, null);
  }

  /**
   * Limits each query to the last {@code size} keys up to its own position. In a pattern that is
   * not causal, also to the first {@code size} from its own position on, and the prefix aside.
   */
  public AttentionPattern withWindow(int size) {
    if (size < 1 || !causal && queries != keys) {
      throw new IllegalArgumentException(
          "window is "
              + size
              + " for "
              + queries
              + " queries and "
              + keys
              + " keys; allowed: at least 1, and as many keys as queries unless the pattern is"
              + " causal.");
    }
    return new AttentionPattern(queries, keys, causal, past, size, prefix, shown, bias);
  }

  /**
   * Hides padding, and keeps documents apart that are packed in one row: each query sees the keys
   * of its own document only.
   *
   * @param rows the number of sequences, B
   * @param mask [B, keys without the prefix] row by row: 0 hides a key of a row; 1 is a key, or 1,
   *     2, 3 … the keys of the row's documents in their order
   * @throws IllegalArgumentException if numbers of documents are in another order
   */
  public AttentionPattern withMask(int rows, int[] mask) {
    if (rows < 1 || mask.length != (long) rows * keys) {
      throw new IllegalArgumentException(
          "The mask has "
              + mask.length
              + " elements for "
              + rows
              + " rows of "
              + keys
              + " keys; it needs one for each key of each row.");
    }
    return with(ShownKeys.of(rows, mask));
  }

  /** Hides the first {@code hidden[row]} keys after the prefix of each row. */
  public AttentionPattern withLeftPadding(int... hidden) {
    if (hidden.length == 0 || Arrays.stream(hidden).anyMatch(n -> n < 0)) {
      throw new IllegalArgumentException(
          "The left padding is "
              + Arrays.toString(hidden)
              + "; allowed: a number of keys for each row, at least 0.");
    }
    return with(ShownKeys.after(hidden, keys));
  }

  private AttentionPattern with(ShownKeys rows) {
    if (rows.several() && past + queries > keys) {
      throw new IllegalArgumentException(
          "The mask numbers documents for "
              + queries
              + " queries of another sequence with "
              + keys
              + " keys; allowed: documents of one sequence that attends to itself.");
    }
    ShownKeys some = rows.all() ? null : rows;
    return new AttentionPattern(queries, keys, causal, past, window, prefix, some, bias);
  }

  /** Puts {@code length} keys before the others, which all queries see unless there is a window. */
  public AttentionPattern withPrefix(int length) {
    if (length < 0 || bias != null) {
      throw new IllegalArgumentException(
          "prefix is "
              + length
              + (bias == null ? "" : " after a bias was set")
              + "; allowed: at least 0, before the bias, which covers the prefix.");
    }
    return length == prefix
        ? this
        : new AttentionPattern(queries, keys, causal, past, window, length, shown, null);
  }

  /**
   * Adds numbers to the scores before the softmax: ALiBi, relative positions.
   *
   * @param values [1 or B, 1 or H, T, S], S with the prefix; must live until the backward pass is
   *     done
   */
  public AttentionPattern withBias(INDArray values) {
    if (values.rank() != 4 || values.size(2) != queries || values.size(3) != keys()) {
      throw new IllegalArgumentException(
          "The bias has the shape "
              + Arrays.toString(values.shape())
              + "; allowed: [1 or batch, 1 or heads, "
              + queries
              + ", "
              + keys()
              + "].");
    }
    return new AttentionPattern(queries, keys, causal, past, window, prefix, shown, values);
  }

  /** T, the number of queries. */
  public int queries() {
    return queries;
  }

  /** S, the number of keys with the prefix. */
  public int keys() {
    return prefix + keys;
  }

  /** The number of rows with their own pattern: 1 if all are alike. */
  public int rows() {
    return shown == null ? 1 : shown.rows();
  }

  /** The bias of the scores, [1 or B, 1 or H, T, S]; null for none. */
  public @Nullable INDArray bias() {
    return bias;
  }

  /** Whether every query sees every key. */
  public boolean showsAll() {
    return shown == null
        && first(0, queries - 1) == 0
        && end(0, 0) == keys
        && hiddenPrefix(0, queries - 1) == 0;
  }

  /** Whether a query sees a key, which counts from the start of the prefix. */
  public boolean shows(int row, int query, int key) {
    int own = key - prefix;
    if (own < 0) {
      return key >= hiddenPrefix(row, query);
    }
    return own >= first(row, query)
        && own < end(row, query)
        && (shown == null || shown.shows(row, own));
  }

  /** The queries that see no key in a row, in ascending order. */
  public int[] blind(int row) {
    return blind[row].clone();
  }

  /**
   * The range of keys that the non-blind ones of these queries see in any row: outside it, their
   * probabilities are zero. At least one key.
   */
  public KeyRange range(int firstQuery, int count) {
    int from = keys;
    int to = 0;
    for (int row = 0; row < rows(); row++) {
      from = Math.min(from, first(row, firstQuery));
      to = Math.max(to, end(row, firstQuery + count - 1));
    }
    if (shown != null) {
      from = Math.min(Math.max(from, shown.hull().first()), keys - 1);
      to = Math.max(from + 1, Math.min(to, shown.hull().end()));
    }
    return new KeyRange(showPrefix(firstQuery, count) ? 0 : prefix + from, prefix + to);
  }

  private boolean showPrefix(int firstQuery, int count) {
    return IntStream.range(firstQuery, firstQuery + count)
        .anyMatch(
            query -> IntStream.range(0, rows()).anyMatch(row -> hiddenPrefix(row, query) < prefix));
  }

  /**
   * Passes the keys of {@code within} that the query does not see, as runs of neighbours in
   * ascending order.
   */
  public void forEachHidden(int row, int query, KeyRange within, Run run) {
    int from = first(row, query);
    int to = end(row, query);
    int start = hiddenPrefix(row, query);
    if (start == prefix) {
      clipped(0, prefix + from, within, run);
    } else {
      clipped(0, start, within, run);
      clipped(prefix, prefix + from, within, run);
    }
    if (shown != null) {
      int hidden = shown.nextHidden(row, from, to);
      while (hidden < to) {
        int next = shown.nextShown(row, hidden, to);
        clipped(prefix + hidden, prefix + next, within, run);
        hidden = shown.nextHidden(row, next, to);
      }
    }
    clipped(prefix + to, keys(), within, run);
  }

  private static void clipped(int from, int end, KeyRange within, Run run) {
    int first = Math.max(from, within.first());
    int last = Math.min(end, within.end());
    if (first < last) {
      run.accept(first, last);
    }
  }

  /** Checks that the arrays match the pattern's numbers of queries, keys and rows. */
  public void requireFits(INDArray q, INDArray k) {
    boolean rowsFit = rows() == 1 || rows() == q.size(0);
    if (q.size(1) != queries || k.size(1) != keys() || !rowsFit) {
      throw new IllegalArgumentException(
          "q is "
              + Arrays.toString(q.shape())
              + " and k "
              + Arrays.toString(k.shape())
              + "; the pattern is for "
              + queries
              + " queries, "
              + keys()
              + " keys and "
              + (rows() == 1 ? "any number of" : rows())
              + " rows.");
    }
  }

  /** The first key after the prefix that causality, window and document let a query see. */
  private int first(int row, int query) {
    int first = window == UNLIMITED ? 0 : Math.max(0, past + query - window + 1);
    return shown == null ? first : Math.max(first, shown.documentStart(row, past + query));
  }

  /** One after the last such key. */
  private int end(int row, int query) {
    int end = Math.min(keys, past + query + 1);
    if (!causal) {
      end = window >= keys ? keys : Math.min(keys, query + window);
    }
    return shown == null ? end : Math.min(end, shown.documentEnd(row, past + query));
  }

  /** How many keys of the prefix a query does not see: the first ones. */
  private int hiddenPrefix(int row, int query) {
    if (prefix == 0 || !causal || window == UNLIMITED) {
      return 0;
    }
    int own = past + query;
    int text = shown == null ? 0 : shown.nextShown(row, shown.documentStart(row, own), keys);
    return Math.min(prefix, Math.max(0, prefix + own - text - window + 1));
  }

  private boolean isBlind(ShownKeys keysOfRows, int row, int query) {
    int end = end(row, query);
    return keysOfRows.nextShown(row, first(row, query), end) == end
        && hiddenPrefix(row, query) == prefix;
  }
}
