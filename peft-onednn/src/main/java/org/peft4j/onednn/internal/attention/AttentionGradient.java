package org.peft4j.onednn.internal.attention;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.attention.TileScores.Operand;
import org.peft4j.onednn.internal.operation.BatchProduct.After;

/**
 * A share's gradients of an attention, whose probabilities are kept or computed again. With {@code
 * dP = dC·vᵀ}, that of scores is {@code P·(dP − rowsum(C·dC))}. Those sums are subtracted in the
 * products, as one more feature.
 */
final class AttentionGradient {
  /**
   * What was computed forward, and the gradient of the contexts.
   *
   * @param memory the probabilities or statistics that were kept
   */
  record Inputs(
      INDArray q, INDArray k, INDArray v, INDArray memory, INDArray context, INDArray upper) {}

  /** Where the gradients go. */
  record Results(INDArray dq, INDArray dk, INDArray dv, @Nullable INDArray bias) {}

  private final Probabilities probabilities;
  private final AttentionTiles tiles;
  private final boolean kept;
  private final Inputs in;
  private final Results out;
  private final INDArray room;
  private final INDArray slopes;
  private final ExtendedHeads ofValues;
  private final ExtendedHeads ofContexts;

  /** Takes memory for the largest of some parts from {@code scratch}. */
  AttentionGradient(
      Probabilities probabilities,
      boolean kept,
      List<Share> parts,
      Inputs in,
      Results out,
      ReusedScope scratch) {
    this.probabilities = probabilities;
    this.tiles = probabilities.tiles();
    this.kept = kept;
    this.in = in;
    this.out = out;
    int heads = Share.mostHeads(parts);
    long most = tiles.scores(heads, false);
    room = kept ? in.memory() : scratch.array(DataType.FLOAT, most);
    slopes = scratch.array(DataType.FLOAT, most);
    ofValues = tiles.room(DataType.FLOAT, heads, tiles.pattern().keys(), 1, scratch);
    int queries = tiles.pattern().queries();
    ofContexts = tiles.room(DataType.FLOAT, heads * tiles.group(), queries, 1, scratch);
  }

  void compute(Share part, int sequence) {
    int group = tiles.group();
    int keys = tiles.pattern().keys();
    int queries = tiles.pattern().queries();
    ExtendedHeads values = ofValues.of(part.firstHead(), part.heads());
    ExtendedHeads contexts = ofContexts.of(part.firstHead() * group, part.heads() * group);
    values.fillWithOnes(in.v(), sequence * keys, keys);
    contexts.fillGradients(in, sequence * queries, queries);
    for (int t = tiles.tiles().size() - 1; t >= 0; t--) {
      Tile tile = tiles.tiles().get(t);
      TileScores p =
          kept
              ? tiles.keptScores(tile, sequence, part, room)
              : tiles.scores(tile, sequence, part, room);
      if (!kept) {
        probabilities.compute(in.q(), in.k(), p, null);
      }
      TileScores ds = p.in(slopes);
      throughProbabilities(p, ds, values, contexts, tiles.adds(t));
      if (out.bias() != null) {
        new BiasRows(out.bias()).addFrom(ds);
      }
      if (probabilities.scores().capped()) {
        probabilities.throughCap(in.q(), in.k(), ds);
      }
      throughScores(ds, tiles.adds(t));
    }
  }

  /** The gradients of v, and those of scores. */
  private void throughProbabilities(
      TileScores p, TileScores ds, ExtendedHeads values, ExtendedHeads contexts, boolean add) {
    int group = tiles.group();
    for (int i = 0; i < group; i++) {
      Operand probability = p.operand(i, group);
      Operand upper = tiles.rows(in.upper(), p, i);
      After after = add || i > 0 ? After.ADD : After.NOTHING;
      AttentionTiles.multiply(probability.transposed(), upper, tiles.keys(out.dv(), p), 1, after);
      Operand extended = contexts.queries(p, i, group);
      Operand by = values.keys(p).transposed();
      AttentionTiles.multiplyTimes(extended, by, probability, ds.operand(i, group));
    }
  }

  /** The gradients of q and k. */
  private void throughScores(TileScores ds, boolean add) {
    int group = tiles.group();
    double scale = probabilities.scores().scale();
    for (int i = 0; i < group; i++) {
      Operand d = ds.operand(i, group);
      Operand dq = tiles.rows(out.dq(), ds, i);
      AttentionTiles.multiply(d, tiles.keys(in.k(), ds), dq, scale, After.NOTHING);
      After after = add || i > 0 ? After.ADD : After.NOTHING;
      Operand q = tiles.rows(in.q(), ds, i);
      AttentionTiles.multiply(d.transposed(), q, tiles.keys(out.dk(), ds), scale, after);
    }
  }
}
