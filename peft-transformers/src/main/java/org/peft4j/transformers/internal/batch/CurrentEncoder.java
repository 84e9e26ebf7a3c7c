package org.peft4j.transformers.internal.batch;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;

/**
 * The encoder's output in the current pass of a model with an encoder: the stacks meet here. The
 * encoder's first layer begins the pass, the vertex between the stacks puts the output here, and
 * the decoder's blocks read it and add to its gradient.
 *
 * <p>Each thread has its own: a pass runs on one thread.
 */
public final class CurrentEncoder {
  private static final class Current {
    private @Nullable INDArray mask;
    private boolean known;
    private boolean decoderInputTrains;
    private int @Nullable [] ends;
    private @Nullable EncoderStates states;

    void free() {
      if (states != null) {
        close(states.values());
        close(states.gradient());
        states = null;
      }
    }

    private static void close(@Nullable INDArray array) {
      if (array != null) {
        array.close();
      }
    }
  }

  private final ThreadLocal<Current> current = ThreadLocal.withInitial(Current::new);

  /**
   * Begins a pass.
   *
   * @param mask [batch, time] of the encoder's output; null without padding
   * @param known whether the decoder's caches have the keys and values of the encoder's output from
   *     an earlier step, so that the encoder has nothing to do
   */
  public void begin(@Nullable INDArray mask, boolean known) {
    Current pass = current.get();
    pass.free();
    pass.mask = mask;
    pass.known = known;
    pass.decoderInputTrains = false;
    pass.ends = null;
  }

  /** Whether the encoder has nothing to do in this pass. */
  public boolean known() {
    return current.get().known;
  }

  /** [batch, time] of the encoder's output, 0 for padding; null without padding. */
  public @Nullable INDArray mask() {
    return current.get().mask;
  }

  /**
   * Copies the encoder's output, which the workspace of its layer does not keep for all blocks.
   *
   * @param values [batch, time, width]
   * @param gradientNeeded whether anything trains in the encoder
   */
  public void put(INDArray values, boolean gradientNeeded) {
    Current pass = current.get();
    pass.free();
    INDArray copy = DetachedArrays.copy(values);
    INDArray gradient =
        gradientNeeded ? DetachedArrays.zeros(values.dataType(), values.shape()) : null;
    pass.states = EncoderStates.of(copy, pass.mask, gradient);
  }

  /** The encoder's output in this pass. */
  public EncoderStates states() {
    EncoderStates states = current.get().states;
    if (states == null) {
      throw new IllegalStateException("The decoder ran before the encoder.");
    }
    return states;
  }

  /** Says whether anything trains in the decoder's embeddings, below its first block. */
  public void setDecoderInputTrains(boolean trains) {
    current.get().decoderInputTrains = trains;
  }

  /** Whether anything trains in the decoder's embeddings. */
  public boolean decoderInputTrains() {
    return current.get().decoderInputTrains;
  }

  /** Puts the rows of [batch·time] where the texts end, for a head that reads the states there. */
  public void setEnds(int[] ends) {
    current.get().ends = ends;
  }

  /** The rows of [batch·time] where the texts end; null for heads that read something else. */
  public int @Nullable [] ends() {
    return current.get().ends;
  }

  /** Frees this thread's arrays. */
  public void clear() {
    current.get().free();
  }
}
