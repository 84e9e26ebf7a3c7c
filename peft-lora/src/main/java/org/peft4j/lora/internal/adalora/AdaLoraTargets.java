package org.peft4j.lora.internal.adalora;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.method.ModelModules;
import org.peft4j.site.SiteRole;

/**
 * The default targets of a config: those that Hugging Face PEFT publishes for the model's type,
 * otherwise the maps to queries and values.
 */
final class AdaLoraTargets {
  private static final List<String> Q_V = List.of("q_proj", "v_proj");
  private static final List<String> FUSED = List.of("query_key_value");
  private static final List<String> WIDE =
      List.of("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2");

  private static final Map<String, List<String>> BY_TYPE =
      Map.ofEntries(
          Map.entry("gpt2", List.of("c_attn")),
          Map.entry("gptj", Q_V),
          Map.entry("gpt_neo", Q_V),
          Map.entry("gpt_neox", FUSED),
          Map.entry("gpt_bigcode", List.of("c_attn")),
          Map.entry("opt", WIDE),
          Map.entry("bloom", FUSED),
          Map.entry("llama", Q_V),
          Map.entry("llama4", Q_V),
          Map.entry("qwen2", Q_V),
          Map.entry("qwen3", Q_V),
          Map.entry("gemma", Q_V),
          Map.entry("gemma2", Q_V),
          Map.entry("gemma3_text", Q_V),
          Map.entry("t5", List.of("q", "k", "v", "o", "wi", "wo")),
          Map.entry("mt5", List.of("q", "k", "v", "o", "wi_0", "wi_1", "wo")),
          Map.entry("bart", WIDE),
          Map.entry("bert", List.of("query", "value")),
          Map.entry("roberta", List.of("query", "key", "value", "dense")),
          Map.entry("deberta", List.of("in_proj")),
          Map.entry("deberta-v2", List.of("query_proj", "key_proj", "value_proj", "dense")),
          Map.entry("nemotron_h", List.of("q_proj", "k_proj", "v_proj", "o_proj")));

  private AdaLoraTargets() {}

  static Optional<List<String>> of(ModelModules model) {
    return model
        .type()
        .map(BY_TYPE::get)
        .or(() -> model.named(SiteRole.QUERY, SiteRole.VALUE, SiteRole.QUERY_KEY_VALUE));
  }
}
