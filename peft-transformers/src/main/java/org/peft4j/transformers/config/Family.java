package org.peft4j.transformers.config;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** A supported family of models, by the {@code model_type} of its {@code config.json}. */
public enum Family {
  LLAMA("llama", "Llama", "ForCausalLM", "model"),
  MISTRAL("mistral", "Mistral", "ForCausalLM", "model"),
  QWEN2("qwen2", "Qwen2", "ForCausalLM", "model"),
  GPT2("gpt2", "GPT2", "LMHeadModel", "transformer");

  private static final String CLASSIFIER = "ForSequenceClassification";

  private final String modelType;
  private final String className;
  private final String causal;
  private final String bodyPrefix;

  Family(String modelType, String className, String causal, String bodyPrefix) {
    this.modelType = modelType;
    this.className = className;
    this.causal = causal;
    this.bodyPrefix = bodyPrefix;
  }

  public String modelType() {
    return modelType;
  }

  /** What {@code architectures} of a {@code config.json} says. */
  public String architecture(boolean classifier) {
    return className + (classifier ? CLASSIFIER : causal);
  }

  static boolean isClassifier(String architecture) {
    return architecture.endsWith(CLASSIFIER);
  }

  /** What stands before the names of all modules but the head; some checkpoints leave it out. */
  public String bodyPrefix() {
    return bodyPrefix;
  }

  /** Whether linear weights are stored [in, out] instead of [out, in]. */
  public boolean inputsFirst() {
    return this == GPT2;
  }

  static Optional<Family> of(String modelType) {
    return Arrays.stream(values()).filter(f -> f.modelType.equals(modelType)).findFirst();
  }

  static String supported() {
    return Arrays.stream(values()).map(Family::modelType).collect(Collectors.joining(", "));
  }
}
