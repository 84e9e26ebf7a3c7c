package org.peft4j.transformers.internal.block;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/**
 * The end of a stack, after its last block: a norm, a projection, or both, {@code y =
 * projection(norm(x))}.
 */
public final class StackEnd {
  /**
   * The forward pass' results that the backward pass needs, beside the input.
   *
   * @param statistics of the norm; null without one
   */
  public record Kept(@Nullable INDArray statistics) {}

  private final @Nullable Norm norm;
  private final @Nullable LinearModule projection;
  private final long outputs;

  private StackEnd(StackPart stack, Modules modules) {
    norm = Norm.of(stack.norm(), modules);
    projection = stack.projection().map(modules::linear).orElse(null);
    outputs = stack.projection().map(LinearPart::outputs).orElse(stack.input().width());
  }

  public static StackEnd of(StackPart stack, Modules modules) {
    return new StackEnd(stack, modules);
  }

  /** The width of y. */
  public long outputs() {
    return outputs;
  }

  /** Whether there is a projection. */
  public boolean projects() {
    return projection != null;
  }

  /** Writes y [rows, outputs], given x [rows, width]. */
  public Kept forward(Pass pass, INDArray x, INDArray y, CallMemory memory) {
    INDArray normed = x;
    INDArray statistics = null;
    if (norm != null) {
      statistics = norm.statistics(x, memory);
      INDArray room = projection == null ? y : memory.temporary(x.shape());
      normed = norm.forward(pass, x, room, statistics);
    }
    if (projection != null) {
      projection.forward(pass, normed, y);
    }
    return new Kept(statistics);
  }

  /**
   * Writes the gradients of the adapters here, and dx.
   *
   * @param dx [rows, width], overwritten; null if not needed
   */
  public void backward(
      Pass pass, Kept kept, INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
    INDArray upper = dy;
    if (projection != null) {
      boolean normNeeded = norm != null && (dx != null || norm.acts());
      INDArray below = norm == null ? dx : normNeeded ? memory.temporary(x.shape()) : null;
      INDArray given = x;
      if (norm != null) {
        given = projection.acts() ? norm.again(pass, x, memory) : null;
      }
      projection.backward(pass, given, dy, below, 0);
      if (below == null) {
        return;
      }
      upper = below;
    }
    if (norm != null) {
      norm.backward(pass, x, Objects.requireNonNull(kept.statistics()), upper, dx);
    }
  }
}
