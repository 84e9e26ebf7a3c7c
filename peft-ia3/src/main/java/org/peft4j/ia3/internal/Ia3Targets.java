package org.peft4j.ia3.internal;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.method.ModelModules;
import org.peft4j.site.SiteRole;

/**
 * The default targets of a config: those that Hugging Face PEFT publishes for the model's type,
 * otherwise modules by role.
 */
final class Ia3Targets {
  /**
   * A model type's defaults.
   *
   * @param targets all targets
   * @param feedforward those whose input is scaled
   */
  record Defaults(List<String> targets, List<String> feedforward) {}

  private static final Defaults K_V = of("down_proj", "k_proj", "v_proj", "down_proj");
  private static final Defaults Q_V = of("down_proj", "q_proj", "v_proj", "down_proj");
  private static final Defaults FUSED = of("dense_4h_to_h", "query_key_value", "dense_4h_to_h");
  private static final Defaults BERT = of("output.dense", "key", "value", "output.dense");
  private static final Defaults GPT2 = of("mlp.c_proj", "c_attn", "mlp.c_proj");

  private static final Map<String, Defaults> BY_TYPE =
      Map.ofEntries(
          Map.entry("gpt2", GPT2),
          Map.entry("gpt_bigcode", GPT2),
          Map.entry("gptj", of("fc_out", "q_proj", "v_proj", "fc_out")),
          Map.entry("gpt_neo", of("c_proj", "q_proj", "v_proj", "c_proj")),
          Map.entry("gpt_neox", FUSED),
          Map.entry("opt", of("fc2", "q_proj", "k_proj", "fc2")),
          Map.entry("bloom", of("mlp.dense_4h_to_h", "query_key_value", "mlp.dense_4h_to_h")),
          Map.entry("llama", K_V),
          Map.entry("mistral", K_V),
          Map.entry("mixtral", of("w2", "k_proj", "v_proj", "w2")),
          Map.entry("llama4", Q_V),
          Map.entry("qwen2", Q_V),
          Map.entry("qwen3", Q_V),
          Map.entry("gemma", Q_V),
          Map.entry("gemma2", Q_V),
          Map.entry("gemma3_text", Q_V),
          Map.entry("phi", of("fc2", "q_proj", "v_proj", "fc2")),
          Map.entry("t5", of("wo", "k", "v", "wo")),
          Map.entry("mt5", new Defaults(List.of("k", "v", "wi_1"), List.of())),
          Map.entry("bart", of("fc2", "q_proj", "v_proj", "fc2")),
          Map.entry("bert", BERT),
          Map.entry("roberta", BERT),
          Map.entry("deberta", of("output.dense", "in_proj", "output.dense")),
          Map.entry("deberta-v2", of("output.dense", "key_proj", "value_proj", "output.dense")),
          Map.entry("falcon", FUSED),
          Map.entry("RefinedWeb", FUSED),
          Map.entry("RefinedWebModel", FUSED));

  private Ia3Targets() {}

  private static Defaults of(String feedforward, String... targets) {
    return new Defaults(List.of(targets), List.of(feedforward));
  }

  /**
   * Those of the model's type, otherwise keys, values and the down-projections of feed-forward
   * parts.
   */
  static Optional<Defaults> of(ModelModules model) {
    return model.type().map(BY_TYPE::get).or(() -> byRole(model));
  }

  private static Optional<Defaults> byRole(ModelModules model) {
    return model
        .named(SiteRole.KEY, SiteRole.VALUE, SiteRole.QUERY_KEY_VALUE, SiteRole.DOWN)
        .map(all -> new Defaults(all, model.named(SiteRole.DOWN).orElse(List.of())));
  }
}
