package org.peft4j.transformers.internal.block;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/** The forward and backward pass of a transformer block: its sub-layers, one after the other. */
public final class Block {
  private final List<Residual> sublayers;

  private Block(List<Residual> sublayers) {
    this.sublayers = List.copyOf(sublayers);
  }

  /**
   * The forward pass' results that the backward pass needs, beside the input.
   *
   * @param inputs of all sub-layers except the first; null where the previous sub-layer recomputes
   *     it
   */
  public record Kept(List<Residual.Kept> sublayers, List<@Nullable INDArray> inputs) {}

  public static Block of(BlockPart part, Modules modules) {
    return new Block(part.sublayers().stream().map(s -> Residual.of(s, modules)).toList());
  }

  /**
   * Writes y [batch, time, width], given x [batch, time, width].
   *
   * @param y null to compute only the results for the backward pass
   */
  public Kept forward(
      Pass pass, INDArray x, Sequences sequences, @Nullable INDArray y, CallMemory memory) {
    Extent extent = Extent.of(x);
    INDArray in = extent.matrix(x);
    Room room = new Room(in.shape(), memory);
    List<Residual.Kept> kept = new ArrayList<>();
    List<@Nullable INDArray> inputs = new ArrayList<>();
    for (Residual sublayer : sublayers) {
      boolean last = kept.size() == sublayers.size() - 1;
      INDArray out = y == null ? null : extent.matrix(y);
      if (!last) {
        boolean again = sublayer.after() != null;
        out = again ? memory.temporary(in.shape()) : memory.kept(in.shape());
        inputs.add(again ? null : out);
      }
      kept.add(sublayer.forward(pass, in, sequences, room::get, out, memory));
      in = last || out == null ? in : out;
    }
    return new Kept(kept, inputs);
  }

  /** An array for the results of norms, made on first use and then reused. */
  private static final class Room {
    private final long[] shape;
    private final CallMemory memory;
    private @Nullable INDArray array;

    Room(long[] shape, CallMemory memory) {
      this.shape = shape;
      this.memory = memory;
    }

    INDArray get() {
      INDArray room = array == null ? memory.temporary(shape) : array;
      array = room;
      return room;
    }
  }

  /**
   * Writes the gradients of the adapters here, and dx. Stops where no gradient is needed any more.
   *
   * @param x the input of the forward pass
   * @param dx [batch, time, width], overwritten; null if not needed
   */
  public void backward(
      Pass pass, Kept kept, INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
    Extent extent = Extent.of(x);
    INDArray upper = extent.matrix(dy);
    for (int i = sublayers.size() - 1; i >= 0; i--) {
      boolean goOn = dx != null || goesBack(kept, i);
      INDArray lower = goOn ? memory.temporary(upper.shape()) : null;
      if (i == 0) {
        lower = dx == null ? null : extent.matrix(dx);
      }
      Residual sublayer = sublayers.get(i);
      INDArray in = sublayer.needsInput() ? input(pass, kept, i, extent.matrix(x), memory) : null;
      sublayer.backward(pass, kept.sublayers().get(i), in, upper, lower, memory);
      if (lower == null) {
        return;
      }
      upper = lower;
    }
  }

  private boolean goesBack(Kept kept, int below) {
    return IntStream.range(0, below)
        .anyMatch(i -> sublayers.get(i).goesBack(kept.sublayers().get(i)));
  }

  private INDArray input(Pass pass, Kept kept, int index, INDArray x, CallMemory memory) {
    if (index == 0) {
      return x;
    }
    INDArray input = kept.inputs().get(index - 1);
    return input == null
        ? sublayers.get(index - 1).again(pass, kept.sublayers().get(index - 1), memory)
        : input;
  }
}
