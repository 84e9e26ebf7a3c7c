package org.peft4j.transformers.internal.weights;

import java.util.Map;
import java.util.Set;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;

/** What tensors are called in checkpoints on hubs, beside the names of a model's own class. */
final class HubNames {
  /** The names of a norm's parameters in checkpoints that come from TensorFlow. */
  private static final Map<String, String> TENSORFLOW =
      Map.of("LayerNorm.gamma", "LayerNorm.weight", "LayerNorm.beta", "LayerNorm.bias");

  /** The modules of the heads that encoders were pretrained with. */
  private static final Set<String> PRETRAINING =
      Set.of(
          "cls",
          "lm_head",
          "head",
          "decoder",
          "predictions",
          "sop_classifier",
          "vocab_transform",
          "vocab_layer_norm",
          "vocab_projector",
          "discriminator_predictions",
          "generator_predictions",
          "generator_lm_head");

  private HubNames() {}

  /** The name that a tensor has today. */
  static String today(String stored) {
    for (Map.Entry<String, String> name : TENSORFLOW.entrySet()) {
      if (stored.endsWith("." + name.getKey())) {
        return stored.substring(0, stored.length() - name.getKey().length()) + name.getValue();
      }
    }
    return stored;
  }

  /** The language model's head of an encoder-decoder. */
  private static final Set<String> OF_TWO_STACKS = Set.of("lm_head", "final_logits_bias");

  /** The modules that may be left over from pretraining under a model's head. */
  static Set<String> leftOver(ModelArchitecture model) {
    if (model.head() instanceof HeadPart.Language) {
      return Set.of();
    }
    return model.encoder().isPresent() ? OF_TWO_STACKS : PRETRAINING;
  }
}
