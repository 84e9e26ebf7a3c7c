package org.peft4j.train;

import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.RatedData;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.internal.layer.VirtualTokens;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares the length of data with a model's positions, before any work is done. */
final class LongestSequence {
  private static final Logger LOG = LoggerFactory.getLogger(LongestSequence.class);

  private LongestSequence() {}

  /**
   * Warns where a sequence is longer than the model was made for.
   *
   * @param base the base model's graph
   * @param graph the same, or one that is wrapped around it, whose virtual tokens count
   * @throws PeftException where the model has a table of positions, and no more
   */
  static void check(ComputationGraph base, ComputationGraph graph, Examples<?> examples) {
    if (examples instanceof TrainingData data) {
      check(base, graph, data.longest());
    } else if (examples instanceof VectorData data) {
      check(base, graph, data.longest());
    } else if (examples instanceof PreferenceData data) {
      check(base, graph, data.longest());
    } else if (examples instanceof RatedData data) {
      check(base, graph, data.longest());
    }
  }

  private static void check(ComputationGraph base, ComputationGraph graph, int longest) {
    Transformers.architecture(base)
        .ifPresent(model -> check(model, longest, VirtualTokens.of(graph)));
  }

  private static void check(ModelArchitecture model, int longest, int virtual) {
    Optional.of(model.body())
        .filter(stack -> stack.input().table().isPresent())
        .flatMap(stack -> stack.tokenInput().positions())
        .filter(table -> table.positions() - virtual < longest)
        .ifPresent(
            table -> {
              throw new PeftException(
                  "The longest sequence has %d tokens%s; this model has embeddings of %d positions. Cut the data to a sequence length of %d."
                      .formatted(
                          longest,
                          virtual == 0 ? "" : ", behind " + virtual + " virtual ones",
                          table.positions(),
                          table.positions() - virtual));
            });
    if (longest > model.longestText() - virtual) {
      LOG.warn(
          "The longest sequence has {} tokens{}; this model was made for {} positions and may do"
              + " badly beyond.",
          longest,
          virtual == 0 ? "" : ", behind " + virtual + " virtual ones",
          model.longestText());
    }
  }
}
