package org.peft4j.train;

import org.peft4j.error.PeftException;

/**
 * LoRA+ (Hayou et al. 2024): B and vectors learn {@code ratio} times as fast as A; tensors of an
 * embedding have a rate of their own. Biases do not decay.
 *
 * @param ratio of the rates of B and A; above 0, 16 in the paper
 * @param embeddingRate the learning rate of embeddings' tensors; 0 and above
 * @param weightDecay AdamW's decay, instead of the settings'; 0 and above
 */
public record LoraPlus(double ratio, double embeddingRate, double weightDecay)
    implements ParameterGroups {
  /** Checks every value. */
  public LoraPlus {
    if (!(ratio > 0 && Double.isFinite(ratio))
        || !(embeddingRate >= 0 && Double.isFinite(embeddingRate))
        || !(weightDecay >= 0 && Double.isFinite(weightDecay))) {
      throw new PeftException(
          "LoRA+ has ratio "
              + ratio
              + ", embeddingRate "
              + embeddingRate
              + " and weightDecay "
              + weightDecay
              + "; allowed: finite numbers, the ratio above 0, the others 0 and above.");
    }
  }

  /** With the embeddings' rate 1e-6 and no decay, as Hugging Face PEFT has it. */
  public static LoraPlus ratio(double ratio) {
    return new LoraPlus(ratio, 1e-6, 0);
  }

  @Override
  public Group of(String key, int dimensions, FineTuningSettings settings) {
    String name = key.substring(key.lastIndexOf(".lora_") + 1);
    if (name.startsWith("lora_embedding_")) {
      double base = settings.learningRate();
      return new Group(base == 0 ? 0 : embeddingRate / base, weightDecay);
    }
    if (name.startsWith("lora_B") || dimensions == 1) {
      return new Group(ratio, key.endsWith("bias") ? 0 : weightDecay);
    }
    return new Group(1, weightDecay);
  }
}
