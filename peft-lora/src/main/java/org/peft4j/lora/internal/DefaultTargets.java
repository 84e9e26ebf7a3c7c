package org.peft4j.lora.internal;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.method.ModelModules;
import org.peft4j.site.SiteRole;

/**
 * The default targets of a config: those that Hugging Face PEFT publishes for the model's type,
 * otherwise the maps to queries and values.
 */
public final class DefaultTargets {
  private static final List<String> Q_V = List.of("q_proj", "v_proj");
  private static final List<String> FUSED = List.of("query_key_value");
  private static final List<String> QUERY_VALUE = List.of("query", "value");

  private static final Map<String, List<String>> BY_TYPE =
      Map.ofEntries(
          Map.entry("gpt2", List.of("c_attn")),
          Map.entry("gptj", Q_V),
          Map.entry("gpt_neo", Q_V),
          Map.entry("gpt_neox", FUSED),
          Map.entry("gpt_bigcode", List.of("c_attn")),
          Map.entry("opt", Q_V),
          Map.entry("bloom", FUSED),
          Map.entry("llama", Q_V),
          Map.entry("llama4", Q_V),
          Map.entry("mistral", Q_V),
          Map.entry("mixtral", Q_V),
          Map.entry("qwen2", Q_V),
          Map.entry("qwen3", Q_V),
          Map.entry("gemma", Q_V),
          Map.entry("gemma2", Q_V),
          Map.entry("gemma3_text", Q_V),
          Map.entry("phi", List.of("q_proj", "v_proj", "fc1", "fc2")),
          Map.entry("t5", List.of("q", "v")),
          Map.entry("mt5", List.of("q", "v")),
          Map.entry("bart", Q_V),
          Map.entry("bert", QUERY_VALUE),
          Map.entry("roberta", QUERY_VALUE),
          Map.entry("xlm-roberta", QUERY_VALUE),
          Map.entry("electra", QUERY_VALUE),
          Map.entry("layoutlm", QUERY_VALUE),
          Map.entry("deberta", List.of("in_proj")),
          Map.entry("deberta-v2", List.of("query_proj", "value_proj")),
          Map.entry("blip-2", List.of("q", "v", "q_proj", "v_proj")),
          Map.entry("falcon", FUSED),
          Map.entry("RefinedWeb", FUSED),
          Map.entry("RefinedWebModel", FUSED),
          Map.entry("mpt", List.of("Wqkv")),
          Map.entry("chatglm", FUSED),
          Map.entry("codegen", List.of("qkv_proj")),
          Map.entry("btlm", List.of("c_proj", "c_attn")),
          Map.entry("stablelm", Q_V),
          Map.entry("nemotron_h", List.of("q_proj", "k_proj", "v_proj", "o_proj")),
          Map.entry("rwkv", List.of("key", "value", "receptance", "output")),
          Map.entry("rwkv7", List.of("r_proj", "k_proj", "v_proj", "o_proj", "key", "value")));

  private DefaultTargets() {}

  /** Those of LoRA, which most methods share. */
  public static Optional<List<String>> of(ModelModules model) {
    return model
        .type()
        .map(BY_TYPE::get)
        .or(() -> model.named(SiteRole.QUERY, SiteRole.VALUE, SiteRole.QUERY_KEY_VALUE));
  }
}
