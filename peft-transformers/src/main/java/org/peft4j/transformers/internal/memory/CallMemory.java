package org.peft4j.transformers.internal.memory;

import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tape;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.ScratchScope;

/**
 * Supplies the arrays of one call of a layer. Temporary ones live as long as the call, kept ones
 * until the backward pass is done.
 */
public final class CallMemory implements AutoCloseable {
  private final LayerWorkspaceMgr workspaces;
  private final DataType type;
  private final ScratchScope scratch = new ScratchScope();
  private final @Nullable KeptArrays kept;

  /**
   * @param kept holds arrays that the backward pass needs; null without a backward pass
   */
  public CallMemory(LayerWorkspaceMgr workspaces, DataType type, @Nullable KeptArrays kept) {
    this.workspaces = workspaces;
    this.type = type;
    this.kept = kept;
  }

  public INDArray temporary(long... shape) {
    return scratch.array(type, shape);
  }

  /**
   * An array kept for the backward pass if there will be one; otherwise a temporary one. Its values
   * may be rounded to BFLOAT16 between the passes.
   */
  public INDArray kept(long... shape) {
    return kept == null ? temporary(shape) : kept.array(shape);
  }

  /** The same, never rounded: for statistics, and for what adapters record. */
  public INDArray keptExactly(long... shape) {
    return kept == null ? temporary(shape) : kept.exact(shape);
  }

  /** What an attention keeps: probabilities, or statistics of their rows, which stay exact. */
  public INDArray keptOfAttention(
      Kernels kernels, AttentionPattern pattern, long batch, int heads) {
    long length = kernels.attentionMemory(pattern, type, batch, heads);
    return kernels.attentionKeepsProbabilities(pattern, type, batch, heads)
        ? kept(length)
        : keptExactly(length);
  }

  public INDArray keptIf(boolean needed, long... shape) {
    return needed ? kept(shape) : temporary(shape);
  }

  /** A tape that records in kept arrays. */
  public Tape tape() {
    return new MemoryTape(this);
  }

  public INDArray output(long... shape) {
    return workspaces.createUninitialized(ArrayType.ACTIVATIONS, type, shape, 'c');
  }

  public INDArray inputGradient(long... shape) {
    return workspaces.createUninitialized(ArrayType.ACTIVATION_GRAD, type, shape, 'c');
  }

  /** A temporary array with these values. */
  public INDArray values(float[] values, long... shape) {
    INDArray floats = scratch.mine(Nd4j.createFromArray(values));
    INDArray typed = type == DataType.FLOAT ? floats : scratch.mine(floats.castTo(type));
    return typed.reshape('c', shape);
  }

  @Override
  public void close() {
    scratch.close();
  }
}
