package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.Rotary;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.RotaryFields;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * The decoder of Llama (Touvron et al., 2023) and related families: pre-norm blocks of
 * grouped-query attention with rotary positions and a gated feed-forward part, all norms root mean
 * square.
 */
final class GatedDecoder {
  /**
   * How a family's models differ.
   *
   * @param keyValueHeads {@code num_key_value_heads} of a config without that field; empty, and in
   *     a config where it is null, for the number of query heads
   * @param inputBias whether the maps to queries, keys and values have a bias
   * @param outputBias whether the map from the heads has one
   * @param innerBias whether the feed-forward part's maps have one
   * @param maxPositions the default of {@code max_position_embeddings}
   * @param window the window of a block's attention, by the block's index
   */
  record Variant(
      String modelType,
      String className,
      OptionalInt keyValueHeads,
      boolean inputBias,
      boolean outputBias,
      boolean innerBias,
      int maxPositions,
      IntFunction<OptionalInt> window) {}

  private final Variant variant;
  private final int width;
  private final int heads;
  private final int keyValueHeads;
  private final int headSize;
  private final int inner;
  private final Activation activation;
  private final double epsilon;
  private final double deviation;
  private final Rotary rotary;

  private GatedDecoder(Variant variant, ConfigFields fields) {
    this.variant = variant;
    width = fields.size("hidden_size");
    heads = fields.size("num_attention_heads");
    keyValueHeads =
        fields.size(
            "num_key_value_heads",
            fields.isNull("num_key_value_heads") ? heads : variant.keyValueHeads().orElse(heads));
    headSize = fields.size("head_dim", width / heads);
    inner = fields.size("intermediate_size");
    activation = ActivationField.read(fields, "hidden_act", "silu");
    epsilon = fields.positiveNumber("rms_norm_eps", 1e-6);
    deviation = fields.positiveNumber("initializer_range", 0.02);
    rotary =
        RotaryFields.read(
            fields, fields.count("max_position_embeddings", variant.maxPositions()), headSize);
    fields.check(
        heads % keyValueHeads == 0,
        "num_key_value_heads",
        "a divisor of num_attention_heads " + heads);
    fields.check(
        headSize % 2 == 0 && headSize > 0, "head_dim", "an even number, as rotary positions need");
    fields.headSizes("head_dim", heads, headSize);
    fields.only("pretraining_tp", 1);
    fields.ignore("attention_dropout");
  }

  static ModelArchitecture describe(Variant variant, ConfigFields fields, TaskHead task) {
    return new GatedDecoder(variant, fields).describe(fields, task);
  }

  private ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    int layers = fields.layers("num_hidden_layers");
    int vocabulary = fields.count("vocab_size");
    SpecialTokens tokens = TokenFields.read(fields);
    EmbeddingPart table =
        EmbeddingPart.of(
                "model.embed_tokens", SiteRole.TOKEN_EMBEDDING, vocabulary, width, deviation)
            .withPadding(TokenFields.paddingRow(fields, vocabulary, OptionalInt.empty()));
    List<BlockPart> blocks = IntStream.range(0, layers).mapToObj(this::block).toList();
    boolean tied = fields.flag("tie_word_embeddings", false);
    return new ModelArchitecture(
        new CheckpointNames(
            variant.modelType(),
            task.className(variant.className(), "ForCausalLM"),
            "model",
            constants(blocks)),
        fields.count("max_position_embeddings", variant.maxPositions()),
        tokens,
        Optional.empty(),
        new StackPart(
            InputPart.of(table), blocks, Optional.of(norm("model.norm")), Optional.empty()),
        DecoderHead.of(task, width, vocabulary, tied, deviation));
  }

  /** Old checkpoints store the frequencies of rotary positions. */
  private static Set<String> constants(List<BlockPart> blocks) {
    Set<String> names =
        blocks.stream()
            .map(block -> block.name() + ".self_attn.rotary_emb.inv_freq")
            .collect(Collectors.toSet());
    names.add("model.rotary_emb.inv_freq");
    return names;
  }

  private BlockPart block(int index) {
    String name = "model.layers." + index;
    String attention = name + ".self_attn";
    String mlp = name + ".mlp";
    return new BlockPart(
        name,
        List.of(
            ResidualPart.preNorm(
                norm(name + ".input_layernorm"),
                attention(attention).withWindow(variant.window().apply(index)),
                ResidualPart.place(attention, width)),
            ResidualPart.preNorm(
                norm(name + ".post_attention_layernorm"),
                feedForward(mlp),
                ResidualPart.place(mlp, width))));
  }

  private AttentionPart attention(String name) {
    long queries = (long) heads * headSize;
    long keys = (long) keyValueHeads * headSize;
    boolean bias = variant.inputBias();
    return AttentionPart.causal(
        name,
        heads,
        keyValueHeads,
        headSize,
        new AttentionPart.Separate(
            linear(name + ".q_proj", SiteRole.QUERY, width, queries, bias),
            linear(name + ".k_proj", SiteRole.KEY, width, keys, bias),
            linear(name + ".v_proj", SiteRole.VALUE, width, keys, bias)),
        new AttentionPart.RotaryPositions(rotary, headSize),
        linear(name + ".o_proj", SiteRole.ATTENTION_OUTPUT, queries, width, variant.outputBias()));
  }

  private FeedForwardPart feedForward(String name) {
    boolean bias = variant.innerBias();
    return new FeedForwardPart(
        activation,
        Optional.of(linear(name + ".gate_proj", SiteRole.GATE, width, inner, bias)),
        linear(name + ".up_proj", SiteRole.UP, width, inner, bias),
        linear(name + ".down_proj", SiteRole.DOWN, inner, width, bias));
  }

  private LinearPart linear(String name, SiteRole role, long in, long out, boolean bias) {
    return LinearPart.of(name, role, in, out, bias, deviation);
  }

  private NormPart norm(String name) {
    return NormPart.rms(name, width, epsilon);
  }
}
