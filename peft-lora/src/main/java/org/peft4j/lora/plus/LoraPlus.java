package org.peft4j.lora.plus;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.method.ParameterGroups;

/**
 * LoRA+ (Hayou et al. 2024): B and vectors learn {@code ratio} times as fast as A. Tensors of an
 * embedding have a rate of their own, and biases do not decay, as in Hugging Face PEFT.
 *
 * @param ratio of the rates of B and A; above 0, 16 in the paper
 * @param embeddingRate the learning rate of embeddings' tensors; 0 and above
 * @param weightDecay of all tensors but biases; 0 and above
 */
public record LoraPlus(double ratio, double embeddingRate, double weightDecay)
    implements ParameterGroups {
  private static final double EMBEDDING_RATE = 1e-6;

  /**
   * Checks every value.
   *
   * @throws PeftException if one is not allowed; names every such value
   */
  public LoraPlus {
    List<String> problems = new ArrayList<>();
    require(problems, "ratio", ratio, ratio > 0, "above 0");
    require(problems, "embeddingRate", embeddingRate, embeddingRate >= 0, "0 and above");
    require(problems, "weightDecay", weightDecay, weightDecay >= 0, "0 and above");
    if (!problems.isEmpty()) {
      throw new PeftException("LoRA+ cannot have these values: " + String.join(" ", problems));
    }
  }

  private static void require(
      List<String> problems, String name, double value, boolean inRange, String allowed) {
    if (!inRange || !Double.isFinite(value)) {
      problems.add(name + " is " + value + "; allowed: " + allowed + ", finite.");
    }
  }

  /** With the rate 1e-6 for embeddings and no decay, as in Hugging Face PEFT. */
  public static LoraPlus ratio(double ratio) {
    return new LoraPlus(ratio, EMBEDDING_RATE, 0);
  }

  /** The same with a decay. */
  public LoraPlus withWeightDecay(double decay) {
    return new LoraPlus(ratio, embeddingRate, decay);
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
