package org.peft4j.train.optimizer;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Changes the parameters of a training by its gradients. It serves one run, which closes it. */
public interface Optimizer extends AutoCloseable {
  /**
   * Makes one step.
   *
   * @return whether the new parameters are finite; if not, they are as they were
   */
  boolean update(Update update);

  /**
   * The arrays that the next steps depend on, by name: not copies, for a checkpoint is read into
   * them.
   */
  Map<String, INDArray> state();

  /**
   * Checks what a checkpoint has for an array of {@link #state}, before anything is changed.
   *
   * @throws org.peft4j.error.PeftException if no training leaves such values
   */
  default void requireUsable(String name, INDArray value) {}

  /** Frees native memory. */
  @Override
  void close();
}
