package org.peft4j.transformers.plan;

import java.util.List;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.KeptProbabilities;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.transformers.architecture.AttentionPart;

/** The elements that an attention holds in training. */
final class AttentionMemory {
  private AttentionMemory() {}

  /**
   * Queries, keys, values, contexts, and what is kept of probabilities. Those are of the tiles that
   * the kernels of peft-onednn compute, and their gradients exist for one tile of one sequence's
   * queries at a time, as do probabilities that are computed again. Assumes as many keys from an
   * encoder as queries in the decoder.
   */
  static Elements of(AttentionPart part, TrainingBatch batch) {
    AttentionPattern pattern = pattern(part, batch);
    List<QueryTiles.Tile> tiles = QueryTiles.of(pattern);
    long area = tiles.stream().mapToLong(QueryTiles.Tile::area).sum();
    long matrices = (long) batch.sequences() * part.heads();
    long probabilities = matrices * KeptProbabilities.STANDARD.elements(pattern, area);
    long queries = batch.tokens() * part.heads() * part.headSize();
    long keys = batch.tokens() * part.keyValueHeads() * part.headSize();
    long rows = 2 * (queries + keys);
    boolean kept = KeptProbabilities.STANDARD.keeps(pattern, area);
    long scores = QueryTiles.scoresAtOnce(pattern, part.heads(), !kept);
    // Values and gradients of contexts with one more feature, and keys and queries too.
    long tile = tiles.stream().mapToLong(QueryTiles.Tile::count).max().orElse(0);
    long wider = (part.keyValueHeads() * (long) pattern.keys() + part.heads() * tile);
    return new Elements(
        rows + probabilities,
        kept ? 0 : probabilities,
        0,
        0,
        rows + (kept ? 1 : 2) * (scores + wider * (part.headSize() + 1)));
  }

  private static AttentionPattern pattern(AttentionPart part, TrainingBatch batch) {
    AttentionPattern whole =
        part.causal()
            ? AttentionPattern.causal(batch.length())
            : AttentionPattern.full(batch.length(), batch.length());
    return part.window().isPresent() ? whole.withWindow(part.window().getAsInt()) : whole;
  }
}
