package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.operation.BatchProduct.Axis;
import org.peft4j.onednn.internal.operation.BatchProduct.Heads;

/**
 * Memory for a number of each query and key of a tile, for neighbouring heads of one sequence:
 * [heads, queries, keys].
 *
 * @param memory contains them at {@code offset}
 */
record TileScores(Tile tile, int sequence, int firstHead, int heads, INDArray memory, long offset) {
  /** Likewise in other memory. */
  TileScores in(INDArray other) {
    return new TileScores(tile, sequence, firstHead, heads, other, 0);
  }

  /** The number of rows, each of the tile's keys. */
  long rows() {
    return (long) heads * tile.count();
  }

  long elements() {
    return heads * tile.area();
  }

  long address() {
    return Address.of(memory) + offset * memory.dataType().width();
  }

  FloatBuffer values() {
    int first = Math.toIntExact(offset);
    return RowTasks.floats(memory).slice(first, Math.toIntExact(elements()));
  }

  /** As an operand: of every {@code step}-th head, from the i-th on. */
  Operand operand(int i, int step) {
    Heads layout =
        new Heads(
            new Axis(heads / step, step * tile.area()),
            new Axis(tile.count(), tile.keys()),
            new Axis(tile.keys(), 1),
            Numbers.isHalf(memory));
    return new Operand(address() + i * tile.area() * layout.bytes(), layout);
  }

  /** An operand of a batch of products: its address and layout. */
  record Operand(long address, Heads layout) {
    Operand transposed() {
      return new Operand(address, layout.transposed());
    }

    /** The first columns of each row. */
    Operand columns(int count) {
      return new Operand(address, layout.firstColumns(count));
    }
  }
}
