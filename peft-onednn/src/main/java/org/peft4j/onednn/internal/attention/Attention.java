package org.peft4j.onednn.internal.attention;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.Lanes;

/**
 * Attention on the rows of projections in place. The heads and sequences are split over the cores,
 * each of which computes one sequence after the other, and of it one tile of queries.
 *
 * <p>What is kept is either the probabilities of each tile, [B, H, queries, keys], or for each
 * query the logarithm of its sum of exponentials, [B, H, T].
 */
final class Attention {
  private final AttentionTiles tiles;
  private final Probabilities probabilities;
  private final BlindQueries blind;
  private final boolean kept;

  /**
   * @param q [B, T, H, D]
   * @param k [B, S, K, D]
   * @param kept whether probabilities are kept, or statistics of their rows
   */
  Attention(
      INDArray q, INDArray k, AttentionPattern pattern, AttentionScores scores, boolean kept) {
    tiles = AttentionTiles.of(q, k, pattern);
    blind = new BlindQueries(pattern, tiles.batch(), tiles.heads(), tiles.group());
    probabilities = new Probabilities(tiles, scores, blind);
    this.kept = kept;
  }

  /** Whether scores are products alone, and probabilities not kept. */
  private boolean inBlocks() {
    return !kept && !probabilities.scores().capped() && tiles.pattern().bias() == null;
  }

  void forward(INDArray q, INDArray k, INDArray v, INDArray memory, INDArray context) {
    List<Share> shares = tiles.shares(null);
    double scale = probabilities.scores().scale();
    try (ReusedScope scratch = new ReusedScope()) {
      List<Runnable> lanes =
          shares.stream()
              .<Runnable>map(
                  share -> {
                    if (inBlocks()) {
                      FlashBlocks blocks = new FlashBlocks(tiles, scale, share, scratch);
                      FlashForward flash = new FlashForward(blocks, probabilities);
                      return () -> flash.compute(q, k, v, memory, context);
                    }
                    INDArray room =
                        kept ? memory : scratch.array(DataType.FLOAT, tiles.scores(share));
                    return () -> forward(share, q, k, v, memory, room, context);
                  })
              .toList();
      Lanes.run(lanes);
    }
    blind.forward(v, context);
  }

  private void forward(
      Share share,
      INDArray q,
      INDArray k,
      INDArray v,
      INDArray memory,
      INDArray room,
      INDArray context) {
    for (int sequence : share.eachSequence()) {
      for (Tile tile : tiles.tiles()) {
        List<TileScores> parts =
            kept
                ? tiles.keptParts(tile, sequence, share, room)
                : tiles.parts(tile, sequence, share, room);
        for (TileScores p : parts) {
          probabilities.compute(q, k, p, kept ? null : memory);
          probabilities.read(p, v, context);
        }
      }
    }
  }

  /** Computes the gradients of q, k, v and, where one is given, of the bias. */
  void backward(AttentionGradient.Inputs in, AttentionGradient.Results out) {
    INDArray bias = out.bias();
    if (bias != null) {
      bias.assign(0);
    }
    if (!tiles.lastSeesAll()) {
      out.dk().assign(0);
      out.dv().assign(0);
    }
    double scale = probabilities.scores().scale();
    try (ReusedScope scratch = new ReusedScope()) {
      List<Runnable> lanes =
          tiles.shares(bias).stream()
              .<Runnable>map(
                  share -> {
                    if (inBlocks()) {
                      FlashBlocks blocks = new FlashBlocks(tiles, scale, share, scratch);
                      return new FlashGradient(blocks, in, out, scratch)::compute;
                    }
                    return new AttentionGradient(probabilities, kept, share, in, out, scratch)
                        ::compute;
                  })
              .toList();
      Lanes.run(lanes);
    }
    blind.backward(in.upper(), out.dv());
  }
}
