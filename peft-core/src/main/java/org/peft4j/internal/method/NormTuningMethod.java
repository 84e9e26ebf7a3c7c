package org.peft4j.internal.method;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.config.ConfigFields;
import org.peft4j.method.Injection;
import org.peft4j.method.PeftMethod;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** Replaces each target normalisation by a trainable copy. */
public final class NormTuningMethod implements PeftMethod<NormTuningConfig> {
  /** Hugging Face PEFT has no such fields for this method. */
  private static final ConfigFields<NormTuningConfig, NormTuningConfig.Builder> FIELDS =
      ConfigFields.of(
              "layer-norm tuning",
              "ln_tuning",
              NormTuningConfig::builder,
              NormTuningConfig.Builder::build)
          .omit("bias", "layers_to_transform", "layers_pattern");

  private static final List<String> LLAMA =
      List.of("input_layernorm", "post_attention_layernorm", "norm");
  private static final List<String> GEMMA2 =
      List.of(
          "input_layernorm",
          "post_attention_layernorm",
          "pre_feedforward_layernorm",
          "post_feedforward_layernorm",
          "norm");
  private static final List<String> BLOOM =
      List.of("input_layernorm", "post_attention_layernorm", "ln_f");
  private static final List<String> QWEN = List.of("post_attention_layernorm");
  private static final List<String> T5 = List.of("layer_norm", "final_layer_norm");

  /** Hugging Face PEFT's defaults. */
  private static final Map<String, List<String>> BY_TYPE =
      Map.ofEntries(
          Map.entry("gpt2", List.of("ln_1", "ln_2", "ln_f")),
          Map.entry("gptj", List.of("ln_1", "ln_f")),
          Map.entry("llama", LLAMA),
          Map.entry("mistral", LLAMA),
          Map.entry("gemma", LLAMA),
          Map.entry("gemma2", GEMMA2),
          Map.entry("gemma3_text", GEMMA2),
          Map.entry("qwen2", QWEN),
          Map.entry("qwen3", QWEN),
          Map.entry("phi", List.of("input_layernorm", "final_layernorm")),
          Map.entry("bloom", BLOOM),
          Map.entry("falcon", BLOOM),
          Map.entry("t5", T5),
          Map.entry("mt5", T5),
          Map.entry(
              "bart",
              List.of("self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm")));

  @Override
  public String peftType() {
    return NormTuningConfig.PEFT_TYPE;
  }

  @Override
  public Class<NormTuningConfig> configType() {
    return NormTuningConfig.class;
  }

  @Override
  public ConfigFields<NormTuningConfig, ?> fields() {
    return FIELDS;
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("ln_tuning_layers");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.NORM);
  }

  @Override
  public Optional<Adapter> inject(Site site, NormTuningConfig config, Injection injection) {
    return Optional.of(
        new TrainableCopy(
            site,
            site.parameters(),
            "ln_tuning_layers.",
            parameter -> injection.frozen().parameter(site, parameter.name())));
  }

  @Override
  public Optional<List<String>> defaultTargets(String modelType) {
    return Optional.ofNullable(BY_TYPE.get(modelType));
  }

  @Override
  public List<String> patterns(NormTuningConfig config) {
    return List.of();
  }
}
