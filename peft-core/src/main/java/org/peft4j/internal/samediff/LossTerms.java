package org.peft4j.internal.samediff;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.peft4j.adapter.PenaltyAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Slot;

/** The loss variable that adapters' own terms are added to, in one wrapped graph. */
final class LossTerms {
  private @Nullable String loss;

  /** The graph's first loss variable: its own, or its training configuration's. */
  static @Nullable String of(SameDiff graph) {
    TrainingConfig training = graph.getTrainingConfig();
    List<String> known = graph.getLossVariables();
    if (known.isEmpty() && training != null && training.getLossVariables() != null) {
      known = training.getLossVariables();
    }
    return known.isEmpty() ? null : known.get(0);
  }

  /** The variable that has the terms of the active adapters; null before the loss is known. */
  @Nullable String loss() {
    return loss;
  }

  void set(@Nullable String variable) {
    loss = variable;
  }

  /**
   * Refuses to train an adapter whose term is not in the loss.
   *
   * @throws PeftException if another variable is the loss now
   */
  void requireCounted(SameDiff graph, Slot slot) {
    if (slot.adapter() instanceof PenaltyAdapter && !graph.getLossVariables().contains(loss)) {
      throw new PeftException(
          "Adapter \""
              + slot.adapterName()
              + "\" adds a term to the loss, but the loss variables are now "
              + graph.getLossVariables()
              + ", and were not when it became active. Call setActive with its name again.");
    }
  }
}
