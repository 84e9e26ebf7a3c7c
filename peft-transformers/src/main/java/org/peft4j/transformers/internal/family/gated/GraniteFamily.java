package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.BranchPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;

/**
 * Granite 3 (IBM, 2024): Llama with factors of embeddings, scores, sub-layers and logits. Hugging
 * Face transformers has no classifiers of this family.
 */
public final class GraniteFamily implements Family {
  @Override
  public String modelType() {
    return "granite";
  }

  @Override
  public List<Task> tasks() {
    return List.of(Task.CAUSAL_LM);
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    boolean bias = fields.flag("attention_bias", false);
    boolean innerBias = fields.flag("mlp_bias", false);
    double scale = fields.positiveNumber("attention_multiplier", 1);
    double factor = fields.positiveNumber("residual_multiplier", 1);
    GatedDecoder parts = new GatedDecoder(fields, new GatedDefaults(modelType(), "Granite", 2048));
    AttentionPart.Positions rotary = parts.rotary();
    HeadPart.Language head = parts.head();
    double divisor = fields.positiveNumber("logits_scaling", 1);
    return parts.model(
        task,
        i -> {
          String name = parts.name(i);
          AttentionPart attention =
              parts.attention(i, bias, bias, rotary).withScores(scale, OptionalDouble.empty());
          return new BlockPart(
              name,
              List.of(
                  sublayer(parts, name, ".input_layernorm", attention, ".self_attn", factor),
                  sublayer(
                      parts,
                      name,
                      ".post_attention_layernorm",
                      parts.feedForward(i, innerBias),
                      ".mlp",
                      factor)));
        },
        parts.rms(parts.normName()),
        parts.input().withMultiplier(fields.positiveNumber("embedding_multiplier", 1), true),
        new HeadPart.Language(head.linear(), head.tied(), 1 / divisor, OptionalDouble.empty()));
  }

  private static ResidualPart sublayer(
      GatedDecoder parts, String name, String norm, MixerPart mixer, String module, double factor) {
    Optional<NormPart> before = Optional.of(parts.rms(name + norm));
    BranchPart branch =
        new BranchPart(
            Optional.empty(), mixer, Optional.empty(), factor, parts.sizes().place(name + module));
    return new ResidualPart(before, List.of(branch), Optional.empty());
  }
}
