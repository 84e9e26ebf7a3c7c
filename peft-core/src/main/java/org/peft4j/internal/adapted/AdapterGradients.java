package org.peft4j.internal.adapted;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Finite;
import org.peft4j.internal.graft.Activity;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.Slot;

/** Checks and presents the adapters' gradients of adapted layers and vertices. */
public final class AdapterGradients {
  private AdapterGradients() {}

  /**
   * Refuses to train adapters that do not act.
   *
   * @throws PeftException if they are disabled or merged, or each row has its own
   */
  public static void requireActing(LayerGrafts grafts, Activity activity) {
    if (grafts.trains() && !activity.rows().isEmpty()) {
      throw new PeftException(
          "Each row of a batch has its own adapter now, which is for inference only. Close that"
              + " scope before training.");
    }
    if (grafts.trains() && !grafts.acts()) {
      throw new PeftException(
          "Training needs the adapters, but they are "
              + (activity.isMerged() ? "merged" : "disabled")
              + " now. Close that scope first.");
    }
  }

  /**
   * Refuses gradients that are not finite numbers.
   *
   * @param vector all of them; null if there are none
   * @param slots whose tensors they are
   * @throws NonFiniteException with the first such tensor, as an adapter file names it
   */
  static void requireFinite(
      @Nullable INDArray vector, Map<String, INDArray> byName, List<Slot> slots, int iteration) {
    if (vector == null || Double.isFinite(vector.sumNumber().doubleValue())) {
      return;
    }
    byName.forEach(
        (name, gradient) -> {
          if (!Finite.all(gradient)) {
            throw new NonFiniteException(
                iteration, "the gradient of " + Slot.nameInFile(slots, name));
          }
        });
  }

  static Gradient of(Map<String, INDArray> byName) {
    Gradient gradient = new DefaultGradient();
    byName.forEach(gradient::setGradientFor);
    return gradient;
  }
}
