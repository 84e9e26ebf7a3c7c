package org.peft4j.transformers.internal.model;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.config.Family;
import org.peft4j.transformers.config.ModelConfig;

/** The sites of a model, named and ordered as the modules of its checkpoint. */
public final class ModelSites {
  /** The name of the place before the first embedding of a sequence. */
  public static final String PROMPT = "prompt_encoder";

  /** The name of a language model's head. */
  public static final String LM_HEAD = "lm_head";

  /** The name of a classifier's head. */
  public static final String SCORE = "score";

  private final ModelConfig config;
  private final boolean gpt2;

  public ModelSites(ModelConfig config) {
    this.config = config;
    this.gpt2 = config.family() == Family.GPT2;
  }

  /** Every site, in the order of the forward pass. */
  public List<Site> all() {
    List<Site> sites = new ArrayList<>(embeddings());
    for (int i = 0; i < config.layers(); i++) {
      sites.addAll(block(i));
    }
    sites.add(finalNorm());
    sites.add(head());
    return List.copyOf(sites);
  }

  /** The key of the token embedding's table, which a tied head shares. */
  public String tokenTable() {
    return embeddings().get(0).name() + ".weight";
  }

  public List<Site> embeddings() {
    if (gpt2) {
      return List.of(
          embedding("transformer.wte", config.vocabularySize()),
          embedding("transformer.wpe", config.maxPositions()),
          prompt());
    }
    return List.of(embedding("model.embed_tokens", config.vocabularySize()), prompt());
  }

  public Site finalNorm() {
    return norm(gpt2 ? "transformer.ln_f" : "model.norm");
  }

  /** The output layer: a language model's or a classifier's. */
  public Site head() {
    int width = config.hiddenSize();
    int outputs = config.headSize();
    String name = config.labels().isPresent() ? SCORE : LM_HEAD;
    return Site.linear(
        name, name, width, outputs, List.of(SiteParameter.weight("weight", outputs, width)));
  }

  public List<Site> block(int index) {
    return gpt2
        ? gpt2Block("transformer.h." + index + ".")
        : llamaBlock("model.layers." + index + ".");
  }

  private List<Site> llamaBlock(String prefix) {
    ModelConfig.Attention attention = config.attention();
    ModelConfig.Mlp mlp = config.mlp();
    int width = config.hiddenSize();
    int queries = attention.heads() * attention.headSize();
    int keys = attention.keyValueHeads() * attention.headSize();
    return List.of(
        norm(prefix + "input_layernorm"),
        linear(prefix + "self_attn.q_proj", width, queries, attention.inputBias()),
        linear(prefix + "self_attn.k_proj", width, keys, attention.inputBias()),
        linear(prefix + "self_attn.v_proj", width, keys, attention.inputBias()),
        linear(prefix + "self_attn.o_proj", queries, width, attention.outputBias()),
        norm(prefix + "post_attention_layernorm"),
        linear(prefix + "mlp.gate_proj", width, mlp.innerSize(), mlp.bias()),
        linear(prefix + "mlp.up_proj", width, mlp.innerSize(), mlp.bias()),
        linear(prefix + "mlp.down_proj", mlp.innerSize(), width, mlp.bias()),
        attention(prefix + "self_attn"),
        sublayer(prefix + "self_attn"),
        sublayer(prefix + "mlp"));
  }

  private Site prompt() {
    return Site.place(PROMPT, PROMPT, SiteKind.PROMPT, 0, config.hiddenSize());
  }

  private Site attention(String module) {
    ModelConfig.Attention attention = config.attention();
    return Site.place(
        module + ".past_key_values",
        module,
        SiteKind.ATTENTION,
        attention.keyValueHeads(),
        attention.headSize());
  }

  private Site sublayer(String module) {
    int width = config.hiddenSize();
    return Site.place(module, module, SiteKind.SUBLAYER, width, width);
  }

  private List<Site> gpt2Block(String prefix) {
    int width = config.hiddenSize();
    int inner = config.mlp().innerSize();
    return List.of(
        norm(prefix + "ln_1"),
        linear(prefix + "attn.c_attn", width, 3L * width, true),
        linear(prefix + "attn.c_proj", width, width, true),
        norm(prefix + "ln_2"),
        linear(prefix + "mlp.c_fc", width, inner, true),
        linear(prefix + "mlp.c_proj", inner, width, true),
        attention(prefix + "attn"),
        sublayer(prefix + "attn"),
        sublayer(prefix + "mlp"));
  }

  private Site embedding(String name, int rows) {
    int width = config.hiddenSize();
    return Site.embedding(
        name, name, rows, width, List.of(SiteParameter.weight("weight", rows, width)));
  }

  private Site norm(String name) {
    int width = config.hiddenSize();
    SiteParameter weight = SiteParameter.weight("weight", width);
    List<SiteParameter> parameters =
        gpt2 ? List.of(weight, SiteParameter.bias("bias", width)) : List.of(weight);
    return Site.parameters(name, name, SiteKind.NORM, parameters);
  }

  private Site linear(String name, long in, long out, boolean bias) {
    List<SiteParameter> parameters = new ArrayList<>();
    parameters.add(
        config.family().inputsFirst()
            ? SiteParameter.weight("weight", in, out)
            : SiteParameter.weight("weight", out, in));
    if (bias) {
      parameters.add(SiteParameter.bias("bias", out));
    }
    return Site.linear(name, name, in, out, parameters);
  }
}
