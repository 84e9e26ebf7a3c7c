package org.peft4j.transformers.internal.block;

import java.util.Arrays;
import java.util.Optional;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.NormPart;

/** The formula of attention, one head of one query after the other. */
record ReferenceAttention(Reference reference, AttentionPart part, int[] mask) {
  double[][] apply(double[][] x, double[][] source) {
    int size = part.headSize();
    double[][] context = new double[x.length][part.heads() * size];
    double[][][] projected = projected(x, source);
    double[][] queries = changed(part.queryNorm(), projected[0]);
    double[][] keys = changed(part.keyNorm(), projected[1]);
    for (int t = 0; t < x.length; t++) {
      for (int head = 0; head < part.heads(); head++) {
        int group = head / (part.heads() / part.keyValueHeads());
        double[] scores = new double[source.length];
        for (int s = 0; s < source.length; s++) {
          scores[s] = sees(t, s) ? score(queries[t], keys[s], head, group, t, s) : -1e300;
        }
        double most = Arrays.stream(scores).max().orElseThrow();
        double all = Arrays.stream(scores).map(v -> Math.exp(v - most)).sum();
        for (int s = 0; s < source.length; s++) {
          double probability = Math.exp(scores[s] - most) / all;
          for (int i = 0; i < size; i++) {
            context[t][head * size + i] += probability * projected[2][s][group * size + i];
          }
        }
      }
    }
    return reference.linear(part.output(), context);
  }

  private boolean sees(int query, int key) {
    boolean cross = part.source() == AttentionPart.Source.ENCODER;
    return cross
        || mask[key] != 0
            && (!part.causal() || key <= query)
            && Math.abs(key - query) < part.window().orElse(1000);
  }

  private double score(double[] q, double[] k, int head, int group, int query, int key) {
    double score = 0;
    for (int i = 0; i < part.headSize(); i++) {
      score += q[head * part.headSize() + i] * k[group * part.headSize() + i];
    }
    score *= part.scale();
    if (part.softCap().isPresent()) {
      double cap = part.softCap().getAsDouble();
      score = cap * Math.tanh(score / cap);
    }
    if (part.positions() instanceof AttentionPart.Alibi) {
      // Three heads: those of two heads are 1/16 and 1/256, the odd one of four is 1/4.
      score -= new double[] {1 / 16.0, 1 / 256.0, 1 / 4.0}[head] * Math.abs(query - key);
    }
    if (part.positions() instanceof AttentionPart.RelativeBias bias) {
      String table = bias.table().site().name() + ".weight";
      score += reference.weight(table).getDouble(bucket(bias.bidirectional(), key - query), head);
    }
    return score;
  }

  /**
   * Of 4 buckets and distances up to 6. In one direction: 0, 1, 2 to 3, and farther; in both: 0,
   * and farther, for each side.
   */
  private static int bucket(boolean bidirectional, int relative) {
    if (bidirectional) {
      return (relative > 0 ? 2 : 0) + (relative == 0 ? 0 : 1);
    }
    int distance = Math.max(0, -relative);
    return distance < 2 ? distance : distance < 4 ? 2 : 3;
  }

  /** Queries, keys and values, each [time][heads·size]. */
  private double[][][] projected(double[][] x, double[][] source) {
    if (part.projections() instanceof AttentionPart.Separate separate) {
      return new double[][][] {
        reference.linear(separate.query(), x),
        reference.linear(separate.key(), source),
        reference.linear(separate.value(), source)
      };
    }
    AttentionPart.Fused fused = (AttentionPart.Fused) part.projections();
    double[][] all = reference.linear(fused.all(), x);
    int size = part.headSize();
    int shared = part.heads() / part.keyValueHeads();
    double[][][] three = {
      new double[x.length][part.heads() * size],
      new double[x.length][part.keyValueHeads() * size],
      new double[x.length][part.keyValueHeads() * size]
    };
    for (int t = 0; t < x.length; t++) {
      for (int head = 0; head < part.heads() + 2 * part.keyValueHeads(); head++) {
        boolean thirds = fused.layout() == AttentionPart.Layout.THIRDS;
        int within = head % (shared + 2);
        int group = head / (shared + 2);
        int kind = thirds ? kind(head) : Math.max(0, within - shared + 1);
        int index = thirds ? index(head) : kind == 0 ? group * shared + within : group;
        System.arraycopy(all[t], head * size, three[kind][t], index * size, size);
      }
    }
    return three;
  }

  private int kind(int head) {
    return head < part.heads() ? 0 : head < part.heads() + part.keyValueHeads() ? 1 : 2;
  }

  private int index(int head) {
    int kind = kind(head);
    return kind == 0 ? head : head - part.heads() - (kind - 1) * part.keyValueHeads();
  }

  /** Normed and rotated. */
  private double[][] changed(Optional<NormPart> norm, double[][] heads) {
    double[][] changed = new double[heads.length][];
    for (int t = 0; t < heads.length; t++) {
      double[] row = heads[t].clone();
      for (int from = 0; norm.isPresent() && from < row.length; from += (int) norm.get().width()) {
        double[] own = Arrays.copyOfRange(row, from, from + (int) norm.get().width());
        System.arraycopy(reference.norm(norm.get(), own), 0, row, from, own.length);
      }
      if (part.positions() instanceof AttentionPart.RotaryPositions rotary) {
        for (int from = 0; from < row.length; from += part.headSize()) {
          rotate(row, from, rotary, t);
        }
      }
      changed[t] = row;
    }
    return changed;
  }

  /**
   * The i-th pair, features i and half + i, or 2i and 2i + 1, turns by position·10000^(−i/half).
   */
  private static void rotate(
      double[] row, int from, AttentionPart.RotaryPositions rotary, int position) {
    int half = rotary.size() / 2;
    for (int i = 0; i < half; i++) {
      double angle = position * Math.pow(10_000, -(double) i / half);
      int first = from + (rotary.interleaved() ? 2 * i : i);
      int second = rotary.interleaved() ? first + 1 : first + half;
      double a = row[first];
      double b = row[second];
      row[first] = a * Math.cos(angle) - b * Math.sin(angle);
      row[second] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  }
}
