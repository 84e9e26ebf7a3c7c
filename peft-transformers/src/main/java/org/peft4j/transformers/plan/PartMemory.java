package org.peft4j.transformers.plan;

import java.util.List;
import java.util.Optional;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.KeptProbabilities;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.BranchPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;

/**
 * The elements that each part of a block holds in training, for one batch.
 *
 * @param width of hidden states
 */
record PartMemory(TrainingBatch batch, long width) {
  /** The elements of a whole block that runs once, or of each run of several. */
  Elements block(BlockPart block) {
    List<ResidualPart> sublayers = block.sublayers();
    // Gradients between runs.
    Elements all = new Elements(0, block.times() == 1 ? 0 : 2 * hidden().temporary());
    for (int i = 0; i < sublayers.size(); i++) {
      all = all.plus(sublayer(sublayers.get(i)));
      if (i < sublayers.size() - 1) { // The last result is the block's output.
        all = all.plus(result(sublayers.get(i)));
      }
    }
    return all;
  }

  /** The backward pass computes the result of a norm again, from the sum that it keeps. */
  private Elements result(ResidualPart part) {
    return part.after().isPresent() ? new Elements(0, hidden().temporary()) : hidden();
  }

  private Elements sublayer(ResidualPart part) {
    Elements all = norm(part.before());
    for (BranchPart branch : part.branches()) {
      all = all.plus(norm(branch.before())).plus(mixer(branch.mixer()));
      all = all.plus(normalised(branch.after()));
    }
    return all.plus(normalised(part.after()));
  }

  /** A norm with its kept input: a sum, or a branch's result. */
  private Elements normalised(Optional<NormPart> part) {
    return part.isEmpty() ? Elements.NONE : norm(part).plus(hidden());
  }

  /** A row for each token, as wide as hidden states. */
  private Elements hidden() {
    long elements = batch.tokens() * width;
    return new Elements(elements, elements);
  }

  /** A norm's statistics; the backward pass computes its result again. */
  private Elements norm(Optional<NormPart> part) {
    return part.map(
            norm -> {
              long statistics = statistics(norm) * batch.tokens();
              return new Elements(statistics, 2 * batch.tokens() * width + statistics);
            })
        .orElse(Elements.NONE);
  }

  /** The statistics of each row: layer normalisation has a mean beside the deviation. */
  static long statistics(NormPart norm) {
    return norm.kind() == NormPart.Kind.LAYER ? 2 : 1;
  }

  private Elements mixer(MixerPart mixer) {
    return mixer instanceof AttentionPart attention
        ? attention(attention)
        : feedForward((FeedForwardPart) mixer);
  }

  /**
   * Queries, keys, values, contexts, and what is kept of probabilities. Those are of the tiles that
   * the kernels of peft-onednn compute, and their gradients exist for one tile of one sequence's
   * queries at a time, as do probabilities that are computed again. Assumes as many keys from an
   * encoder as queries in the decoder.
   */
  private Elements attention(AttentionPart part) {
    AttentionPattern pattern = pattern(part);
    List<QueryTiles.Tile> tiles = QueryTiles.of(pattern);
    long area = tiles.stream().mapToLong(QueryTiles.Tile::area).sum();
    long matrices = (long) batch.sequences() * part.heads();
    long probabilities = matrices * KeptProbabilities.STANDARD.elements(pattern, area);
    long queries = batch.tokens() * part.heads() * part.headSize();
    long keys = batch.tokens() * part.keyValueHeads() * part.headSize();
    long rows = 2 * (queries + keys);
    long largest = tiles.stream().mapToLong(QueryTiles.Tile::area).max().orElse(0);
    long times = KeptProbabilities.STANDARD.keeps(pattern, area) ? 1 : 2;
    return new Elements(rows + probabilities, rows + times * part.heads() * largest);
  }

  private AttentionPattern pattern(AttentionPart part) {
    AttentionPattern whole =
        part.causal()
            ? AttentionPattern.causal(batch.length())
            : AttentionPattern.full(batch.length(), batch.length());
    return part.window().isPresent() ? whole.withWindow(part.window().getAsInt()) : whole;
  }

  /** The activation's input and, with a gate, the factor of its result. */
  private Elements feedForward(FeedForwardPart part) {
    long inner = (part.gated() ? 2 : 1) * batch.tokens() * part.innerSize();
    return new Elements(inner, 2 * inner);
  }
}
