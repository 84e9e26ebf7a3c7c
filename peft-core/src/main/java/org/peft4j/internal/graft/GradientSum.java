package org.peft4j.internal.graft;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.Scratch;

/**
 * The gradient of parameters that act several times in a pass: {@code g = Σ gᵢ} over the uses i.
 * Each use overwrites what the last one wrote.
 */
public final class GradientSum implements AutoCloseable {
  private final List<INDArray> gradients;
  private final List<INDArray> sums;

  /** The sum of no use yet, of all that trains here. */
  public GradientSum(LayerGrafts grafts) {
    gradients =
        grafts.all().stream()
            .flatMap(graft -> graft.gradients().asMap().values().stream())
            .filter(gradient -> gradient.length() > 0)
            .toList();
    sums = gradients.stream().map(g -> Scratch.of(g.dataType(), g.shape()).assign(0)).toList();
  }

  /** Prepares for a use: what it does not write is zero. */
  public void begin() {
    gradients.forEach(gradient -> gradient.assign(0));
  }

  /** Adds what a use has written. */
  public void add() {
    for (int i = 0; i < sums.size(); i++) {
      sums.get(i).addi(gradients.get(i));
    }
  }

  /** Writes the sum. */
  public void finish() {
    for (int i = 0; i < sums.size(); i++) {
      gradients.get(i).assign(sums.get(i));
    }
  }

  @Override
  public void close() {
    sums.forEach(Scratch::release);
  }
}
