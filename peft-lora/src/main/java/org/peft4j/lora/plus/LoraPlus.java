package org.peft4j.lora.plus;

import org.peft4j.error.PeftException;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.TrainingOption;

/**
 * LoRA+: B and vectors learn {@code ratio} times as fast as A; tensors of an embedding have their
 * own rate. Biases do not decay.
 *
 * @param ratio of the rates of B and A; above 0, 16 in the paper
 * @param embeddingRate the learning rate of embeddings' tensors; 0 and above
 * @param weightDecay AdamW's decay, instead of the settings'; 0 and above
 * @see <a href="https://arxiv.org/abs/2402.12354">Hayou et al., LoRA+: Efficient Low Rank
 *     Adaptation of Large Models, 2024</a>
 */
public record LoraPlus(double ratio, double embeddingRate, double weightDecay)
    implements ParameterGroups {
  /** Hugging Face PEFT's {@code loraplus_lr_embedding}. */
  private static final double EMBEDDING_RATE = 1e-6;

  /** The ratio as an option of training, with the embeddings' rate 1e-6. */
  public static final TrainingOption OPTION =
      new TrainingOption(
          "lora-plus-ratio",
          "LoRA+: B learns X times as fast as A, 16 in the paper (default: 1).",
          (value, weightDecay) -> new LoraPlus(value, EMBEDDING_RATE, weightDecay));

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

  /** With the embeddings' rate 1e-6 and no decay, as in Hugging Face PEFT. */
  public static LoraPlus ratio(double ratio) {
    return new LoraPlus(ratio, EMBEDDING_RATE, 0);
  }

  @Override
  public Group of(String key, int dimensions, double learningRate) {
    String name = key.substring(key.lastIndexOf(".lora_") + 1);
    if (name.startsWith("lora_embedding_")) {
      return new Group(learningRate == 0 ? 0 : embeddingRate / learningRate, weightDecay);
    }
    if (name.startsWith("lora_B") || dimensions == 1) {
      return new Group(ratio, key.endsWith("bias") ? 0 : weightDecay);
    }
    return new Group(1, weightDecay);
  }
}
