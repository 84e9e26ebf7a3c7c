package org.peft4j.onednn.internal.attention;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.Lanes;
import org.peft4j.onednn.internal.Processor;

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

  /** Of the factors of products in blocks. */
  private final DataType type;

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
    this.type = scores.rounded() && Processor.HALF ? DataType.BFLOAT16 : DataType.FLOAT;
  }

  /** Whether scores are products alone, and probabilities not kept. */
  private boolean inBlocks() {
    return !kept && !probabilities.scores().capped() && tiles.pattern().bias() == null;
  }

  void forward(INDArray q, INDArray k, INDArray v, INDArray memory, INDArray context) {
    double scale = probabilities.scores().scale();
    try (ReusedScope scratch = new ReusedScope()) {
      List<Runnable> lanes =
          tiles.shares(null).stream()
              .<Runnable>map(
                  share -> {
                    List<Share> parts = tiles.parts(share, inBlocks());
                    if (inBlocks()) {
                      FlashBlocks blocks =
                          FlashBlocks.of(tiles, scale, parts, type, DataType.FLOAT, scratch);
                      return forEach(
                          parts,
                          (part, sequence) ->
                              new FlashForward(blocks.at(part), probabilities)
                                  .compute(sequence, q, k, v, memory, context));
                    }
                    long most = tiles.scores(Share.mostHeads(parts), false);
                    INDArray room = kept ? memory : scratch.array(DataType.FLOAT, most);
                    return forEach(
                        parts,
                        (part, sequence) ->
                            forward(part, sequence, q, k, v, memory, room, context));
                  })
              .toList();
      Lanes.run(lanes);
    }
    blind.forward(v, context);
  }

  /** Computes a part of a share for one sequence. */
  private interface Task {
    void run(Share part, int sequence);
  }

  private static Runnable forEach(List<Share> parts, Task task) {
    return () -> {
      for (int sequence : parts.get(0).eachSequence()) {
        for (Share part : parts) {
          task.run(part, sequence);
        }
      }
    };
  }

  private void forward(
      Share part,
      int sequence,
      INDArray q,
      INDArray k,
      INDArray v,
      INDArray memory,
      INDArray room,
      INDArray context) {
    for (Tile tile : tiles.tiles()) {
      TileScores p =
          kept
              ? tiles.keptScores(tile, sequence, part, room)
              : tiles.scores(tile, sequence, part, room);
      probabilities.compute(q, k, p, kept ? null : memory);
      probabilities.read(p, v, context);
    }
  }

  /** Computes the gradients of q, k, v and, where one is given, of the bias. */
  void backward(AttentionGradient.Inputs in, AttentionGradient.Results out) {
    INDArray bias = out.bias();
    if (bias != null) {
      bias.assign(0);
    }
    if (!inBlocks() && !tiles.lastSeesAll()) {
      out.dk().assign(0);
      out.dv().assign(0);
    }
    double scale = probabilities.scores().scale();
    try (ReusedScope scratch = new ReusedScope()) {
      List<Runnable> lanes =
          tiles.shares(bias).stream()
              .<Runnable>map(
                  share -> {
                    List<Share> parts = tiles.parts(share, inBlocks());
                    if (inBlocks()) {
                      FlashBlocks blocks = FlashBlocks.of(tiles, scale, parts, type, type, scratch);
                      FlashGradient flash = FlashGradient.of(blocks, scratch);
                      return forEach(
                          parts, (part, sequence) -> flash.at(part).compute(sequence, in, out));
                    }
                    AttentionGradient usual =
                        new AttentionGradient(probabilities, kept, parts, in, out, scratch);
                    return forEach(parts, usual::compute);
                  })
              .toList();
      Lanes.run(lanes);
    }
    blind.backward(in.upper(), out.dv());
  }
}
